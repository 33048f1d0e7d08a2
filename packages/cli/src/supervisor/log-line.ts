/** One shape for every log line: what the Worker wrote, what workerd itself says, and what the supervisor adds. */

import { redactText } from "@moltworker/protocol/redact";

export interface LogLine {
  /** ISO time. */
  ts: string;
  level: "debug" | "info" | "warn" | "error";
  event: string;
  [field: string]: unknown;
}

const longestLine = 16_000;

/** Reads one line of workerd's output, JSON or not. Never throws. */
export function logLineFrom(text: string, now = new Date()): LogLine {
  const outer = parseObject(text);
  if (!outer) return { ts: now.toISOString(), level: "error", event: "workerd", message: text.slice(0, longestLine) };
  const ts = new Date(Number(outer.timestamp) || now.getTime()).toISOString();
  const message = String(outer.message ?? "").slice(0, longestLine);
  if (outer.source !== undefined) return { ts, level: levelOf(outer.level), event: "workerd", message, source: outer.source };
  const inner = parseObject(message);
  if (inner && typeof inner.event === "string") {
    return { ...inner, ts: typeof inner.ts === "string" ? inner.ts : ts, level: levelOf(inner.level), event: inner.event };
  }
  return { ts, level: levelOf(outer.level), event: "console", message };
}

/** Replaces the values of secrets that this process handed over, and what looks like one, whatever wrote them. */
export function createScrubber(secrets: (string | undefined)[]): (text: string) => string {
  const known = secrets.filter((secret): secret is string => secret !== undefined && secret.length >= 8);
  return (text) => redactText(text, known);
}

const colours = { debug: 90, info: 36, warn: 33, error: 31 } as const;

/** A line for a person: time, level, event, then the other fields. */
export function formatLogLine(line: LogLine, coloured: boolean): string {
  const { ts, level, event, message, ...fields } = line;
  const time = new Date(ts).toTimeString().slice(0, 8);
  const rest = Object.entries(fields).map(
    ([key, value]) => `${key}=${typeof value === "string" ? value : JSON.stringify(value)}`,
  );
  const words = [event, ...(message === undefined ? [] : [String(message).split("\n")[0]]), ...rest].join(" ");
  if (!coloured) return `${time} ${level.padEnd(5)} ${words}`;
  return `\u001b[90m${time}\u001b[0m \u001b[${colours[level]}m${level.padEnd(5)}\u001b[0m ${words}`;
}

function levelOf(value: unknown): LogLine["level"] {
  switch (value) {
    case "debug":
    case "warn":
    case "error":
      return value;
    case "warning":
      return "warn";
    default:
      return "info";
  }
}

function parseObject(text: string): Record<string, unknown> | undefined {
  if (!text.startsWith("{")) return undefined;
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}
