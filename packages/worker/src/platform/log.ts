/** Structured log: one JSON line per event on stdout, secrets redacted at this one sink. */

import { redactText } from "@moltworker/protocol/redact";

export type LogLevel = "debug" | "info" | "warn" | "error";
export type LogFields = Record<string, unknown>;

export interface Log {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
}

const secretKeys = /token|secret|password|authorization|api[-_]?key|cookie|signature/i;

const secretFields = /("[^"\\]*(?:token|secret|password|authorization|api[-_]?key|cookie)"\s*:\s*")(?:[^"\\]|\\.)+"/gi;

/** For text that is kept whole, such as a JSON body: what looks like a secret by shape, and by the names of its fields. */
export const redactBody = (text: string): string => redactText(text.replace(secretFields, '$1[redacted]"'));

/**
 * Replaces what looks like a secret, by key and by shape, and `known` values. Depth and length are bounded; errors keep name,
 * message and stack.
 */
export function redact(value: unknown, known: readonly string[] = [], depth = 0): unknown {
  if (typeof value === "string") return redactText(value, known).slice(0, 4_000);
  if (value instanceof Error) {
    return {
      name: value.name,
      message: redact(value.message, known),
      stack: redact(value.stack ?? "", known),
      cause: depth < 3 ? redact(value.cause, known, depth + 1) : undefined,
    };
  }
  if (typeof value !== "object" || value === null || depth > 4)
    return typeof value === "object" && value !== null ? "[deep]" : value;
  if (Array.isArray(value)) return value.slice(0, 50).map((item) => redact(item, known, depth + 1));
  const out: LogFields = {};
  for (const [key, item] of Object.entries(value)) {
    out[key] = secretKeys.test(key) && typeof item === "string" ? "[redacted]" : redact(item, known, depth + 1);
  }
  return out;
}

export interface PatientLog extends Log {
  /** What waited is written now. */
  catchUp(): void;
}

const mostWaitingLines = 1_000;

/**
 * A log that can be used where its rows and secrets cannot be reached, as by a call at the front of the object that keeps them:
 * what throws is said again as soon as something can be.
 */
export function patientLog(log: Log): PatientLog {
  let waiting: (() => void)[] = [];
  const catchUp = () => {
    const lines = waiting;
    waiting = [];
    for (const line of lines) attempt(line);
  };
  const attempt = (line: () => void) => {
    try {
      line();
    } catch {
      if (waiting.length < mostWaitingLines) waiting.push(line);
    }
  };
  const at =
    (level: LogLevel) =>
    (event: string, fields: LogFields = {}) => {
      if (waiting.length > 0) catchUp();
      attempt(() => log[level](event, fields));
    };
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error"), catchUp };
}

/** `known` gives the values of secrets that are at hand, read for each line. */
export function createLog(
  write: (line: string) => void = (line) => console.log(line),
  known: () => readonly string[] = () => [],
): Log {
  const at =
    (level: LogLevel) =>
    (event: string, fields: LogFields = {}) =>
      write(JSON.stringify({ ts: new Date().toISOString(), level, event, ...(redact(fields, known()) as LogFields) }));
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}
