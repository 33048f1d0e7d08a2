/**
 * What the command says. For a person: one plain line on stdout, the rest on stderr. With --json: one JSON object per line
 * on stdout, told apart by `type`. A closed pipe never stops the assistant.
 */

import { errorTable, errorToWire, type MoltError } from "@moltworker/protocol/errors";
import { formatLogLine } from "./supervisor/log-line.ts";
import type { ServerEvent } from "./supervisor/supervisor.ts";

export interface Output {
  json: boolean;
  /** The result of a command: the text for a person, the record for a program. */
  result(text: string, record: Record<string, unknown>): void;
  event(event: ServerEvent): void;
  note(text: string): void;
}

export function createOutput(json: boolean): Output {
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
  const line = (record: Record<string, unknown>) => void process.stdout.write(`${JSON.stringify(record)}\n`);
  const note = (text: string) => void process.stderr.write(`${text}\n`);
  if (json) return { json, result: (_, record) => line(record), event: (event) => line({ ...event }), note: () => {} };
  return {
    json,
    note,
    result: (text) => void process.stdout.write(`${text}\n`),
    event(event) {
      const text = eventText(event, process.stderr.isTTY === true);
      if (event.type === "ready") process.stdout.write(`${text}\n`);
      else if (text !== undefined) note(text);
    },
  };
}

/** The line for a person; undefined when a person need not see it. */
export function eventText(event: ServerEvent, coloured: boolean): string | undefined {
  switch (event.type) {
    case "ready":
      return `ready ${event.link}`;
    case "restarting":
      return `${event.cause}; restarting in ${event.inMs} ms`;
    case "restarted":
      return `running again at ${event.url}`;
    case "stopping":
      return "stopping: finishing what is under way (press again to stop at once)";
    case "stopped":
      return "stopped";
    case "log":
      return event.level === "debug" ? undefined : logText(event, coloured);
    default:
      return event satisfies never;
  }
}

function logText({ type: _, ...line }: ServerEvent & { type: "log" }, coloured: boolean): string {
  return formatLogLine(line, coloured);
}

/** Says cause and cure, and returns the exit code. */
export function reportError(error: MoltError, json: boolean): number {
  const exitCode = errorTable[error.code].exit;
  if (json) process.stdout.write(`${JSON.stringify({ type: "error", exitCode, error: errorToWire(error) })}\n`);
  else process.stderr.write(`moltworker: ${error.message} (${error.code})\n${error.hint}\n`);
  return exitCode;
}
