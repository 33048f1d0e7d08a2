/** What of OpenAI's parameters has a meaning for a run, and what is refused instead of being ignored in silence. */

import { MoltError } from "@moltworker/protocol/errors";
import { type ThinkingLevel, thinkingLevels } from "@moltworker/protocol/rows";

export function unsupported(param: string, why: string): MoltError {
  return new MoltError("INVALID_REQUEST", {
    message: `"${param}" cannot be used here: ${why}`,
    hint: `Leave "${param}" out.`,
    details: { param },
  });
}

/** Tools of the client's: a run acts with the assistant's own, and cannot wait for somebody else's. */
export function refuseClientTools(body: Record<string, unknown>): void {
  if (Array.isArray(body.tools) && body.tools.length > 0 && body.tool_choice !== "none")
    throw unsupported("tools", "the assistant brings its own tools and runs them itself");
}

/** Only prose: a run may take many steps, and no step can be promised a form. */
export function refuseForms(format: unknown, param: string): void {
  const type = typeof format === "object" && format !== null ? (format as { type?: unknown }).type : undefined;
  if (type !== undefined && type !== "text")
    throw unsupported(param, `answers are text, and the form "${String(type)}" cannot be promised`);
}

const efforts: Record<string, ThinkingLevel> = { none: "off", max: "high", xhigh: "high" };

export function thinkingOf(effort: string | null | undefined, param: string): ThinkingLevel | undefined {
  if (effort === null || effort === undefined) return undefined;
  const level = efforts[effort] ?? thinkingLevels.find((known) => known === effort);
  if (level) return level;
  throw new MoltError("INVALID_REQUEST", {
    message: `"${effort.slice(0, 40)}" is not a reasoning effort`,
    hint: `Use one of: none, ${thinkingLevels.slice(1).join(", ")}.`,
    details: { param },
  });
}

/** Arguments of an earlier call as an object; what is none is kept under a name. */
export function readArguments(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Models write arguments that are no JSON; the text is all there is.
  }
  return { text };
}
