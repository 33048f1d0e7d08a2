/**
 * Looks at the beginning of an event stream before anything is delivered: a 200 whose first event is an error, or that says
 * nothing at all, is a failure that can still be repeated elsewhere. What opens an answer without content (`message_start`,
 * roles, pings) is held back until content comes, so that a second try never leads to two openings.
 */

import { dataOfEvent, splitEvents } from "./sse.ts";

export type Opening =
  /** Content came. `held` are all bytes so far. */
  | { kind: "content"; held: Uint8Array[]; ended: boolean }
  /** `data` of the error event, as the provider wrote it. */
  | { kind: "error"; data: string }
  | { kind: "empty" };

const mostHeldBytes = 256 * 1_024;

/** Reads until the first event that means something. Throws what reading throws. */
export async function readOpening(read: () => Promise<Uint8Array | undefined>, mayHold: () => boolean): Promise<Opening> {
  const held: Uint8Array[] = [];
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for (;;) {
    const chunk = await read();
    if (chunk) {
      held.push(chunk);
      bytes += chunk.length;
      text += decoder.decode(chunk, { stream: true });
    }
    const { events, rest } = splitEvents(text);
    for (const event of events) {
      const meaning = meaningOf(event);
      if (meaning === "error") return { kind: "error", data: dataOfEvent(event) };
      if (meaning === "content") return { kind: "content", held, ended: !chunk };
    }
    text = rest;
    if (!chunk) return meaningOf(rest) === "content" ? { kind: "content", held, ended: true } : { kind: "empty" };
    if (bytes > mostHeldBytes || !mayHold()) return { kind: "content", held, ended: false };
  }
}

const openings: ReadonlySet<unknown> = new Set([
  "message_start",
  "ping",
  "response.created",
  "response.in_progress",
  "response.queued",
]);

function meaningOf(event: string): "nothing" | "content" | "error" {
  const data = dataOfEvent(event);
  if (data === "" || data === "[DONE]") return "nothing";
  let json: Record<string, unknown>;
  try {
    json = JSON.parse(data) as Record<string, unknown>;
  } catch {
    // Malformed is the caller's to see.
    return "content";
  }
  if (typeof json !== "object" || json === null) return "content";
  if (json.type === "error" || json.type === "response.failed" || isErrorObject(json)) return "error";
  if (openings.has(json.type)) return "nothing";
  return Array.isArray(json.choices) ? meaningOfChoices(json.choices as Record<string, unknown>[]) : "content";
}

/** `{error: …}` and nothing of an answer. */
export function isErrorObject(json: Record<string, unknown>): boolean {
  return (
    json.error !== undefined &&
    json.error !== null &&
    json.choices === undefined &&
    json.candidates === undefined &&
    json.output === undefined &&
    json.content === undefined
  );
}

/** A chat chunk that only names the role. */
function meaningOfChoices(choices: Record<string, unknown>[]): "nothing" | "content" {
  const bare = choices.every((choice) => {
    const delta = choice.delta as Record<string, unknown> | undefined;
    if (choice.finish_reason || !delta) return false;
    return Object.entries(delta).every(
      ([name, value]) => name === "role" || value === "" || value === null || value === undefined,
    );
  });
  return bare ? "nothing" : "content";
}
