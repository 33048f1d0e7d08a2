/**
 * A tool call whose arguments were not a JSON object. It stays in the log with empty arguments, so that call and result
 * stay paired, and carries what the model wrote, so that the run answers it with an error instead of executing it.
 */

import type { LogPart } from "./log-entry.ts";

type ToolCall = Extract<LogPart, { type: "toolCall" }>;

/** Key in `providerData` that no provider ever sees: the compiler sends back only the provider's own. */
const ownKey = "moltworker";
const keptCharacters = 2_000;

/** Parses arguments as a model streamed them. Nothing at all means no arguments. */
export function parseToolCall(call: { id: string; name: string; input: string }): ToolCall {
  const { id, name, input } = call;
  if (input.trim() === "") return { type: "toolCall", id, name, arguments: {} };
  try {
    const value: unknown = JSON.parse(input);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      return { type: "toolCall", id, name, arguments: value as Record<string, unknown> };
    }
  } catch {
    // Falls through: marked below.
  }
  return {
    type: "toolCall",
    id,
    name,
    arguments: {},
    providerData: { [ownKey]: { invalidArguments: input.slice(0, keptCharacters) } },
  };
}

/** What the model wrote when it was no JSON object; undefined for a sound call. */
export function invalidArgumentsOf(call: ToolCall): string | undefined {
  const raw = call.providerData?.[ownKey]?.invalidArguments;
  return typeof raw === "string" ? raw : undefined;
}

/** The tool error that the model is told instead of a result. */
export function invalidArgumentsMessage(raw: string): string {
  return `The arguments were not a valid JSON object, so the tool was not run. They began: ${raw.slice(0, 300)}`;
}
