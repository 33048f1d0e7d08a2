/** The body of `POST /v1/responses`. */

import * as z from "zod";
import type { Asked, EntryDraft } from "./asked.ts";
import { content, readContent } from "./content.ts";
import { readArguments, refuseClientTools, refuseForms, thinkingOf, unsupported } from "./honour.ts";

const said = z.looseObject({
  type: z.literal("message").optional(),
  role: z.enum(["system", "developer", "user", "assistant"]),
  content,
});
const called = z.looseObject({
  type: z.literal("function_call"),
  call_id: z.string().max(200),
  name: z.string().max(200),
  arguments: z.string(),
});
const answered = z.looseObject({
  type: z.literal("function_call_output"),
  call_id: z.string().max(200),
  output: z.union([z.string(), content]),
});
const reasoned = z.looseObject({ type: z.literal("reasoning") });
const item = z.union([said, called, answered, reasoned], {
  error: "is no item that the assistant can read; it takes messages, function_call, function_call_output and reasoning",
});
type Item = z.infer<typeof item>;

export const responsesBody = z.looseObject({
  model: z.string().min(1).max(300),
  input: z.union([z.string(), z.array(item).min(1).max(5_000)]),
  instructions: z.string().nullish(),
  previous_response_id: z.string().max(200).nullish(),
  stream: z.boolean().nullish(),
  background: z.boolean().nullish(),
  store: z.boolean().nullish(),
  user: z.string().max(2_000).nullish(),
  max_output_tokens: z.int().min(1).nullish(),
  reasoning: z.looseObject({ effort: z.string().nullish() }).nullish(),
  text: z.looseObject({ format: z.unknown() }).nullish(),
  metadata: z.record(z.string().max(64), z.string().max(512)).nullish(),
});
type Body = z.infer<typeof responsesBody>;

/** Throws INVALID_REQUEST with the parameter's name in `details.param`. */
export function askedInResponses(body: Body): Asked {
  refuseClientTools(body);
  refuseForms(body.text?.format, "text.format");
  if (body.conversation !== undefined && body.conversation !== null)
    throw unsupported("conversation", "conversations are named by `user`, or go on from previous_response_id");
  const items: Item[] = typeof body.input === "string" ? [{ role: "user", content: body.input }] : body.input;
  const messages = items.filter(isSaid);
  const system = messages.filter(isSystem).map((one) => readContent(one.content).text);
  return {
    form: "responses",
    model: body.model,
    instructions: [body.instructions ?? "", ...system].filter(Boolean).join("\n\n"),
    entries: items.filter((one) => !(isSaid(one) && isSystem(one))).flatMap(entryFrom),
    user: body.user?.trim() || undefined,
    previousId: body.previous_response_id ?? undefined,
    stream: body.stream === true,
    includeUsage: true,
    background: body.background === true,
    maxOutputTokens: body.max_output_tokens ?? undefined,
    thinking: thinkingOf(body.reasoning?.effort, "reasoning.effort"),
    store: body.store !== false,
    echo: echoOf(body),
  };
}

const isSaid = (one: Item): one is z.infer<typeof said> => "role" in one;
const isSystem = ({ role }: { role: string }) => role === "system" || role === "developer";

function entryFrom(one: Item): EntryDraft[] {
  if (isSaid(one)) {
    const { text, files } = readContent(one.content);
    return [one.role === "assistant" ? { role: "assistant", text, calls: [] } : { role: "user", text, files }];
  }
  if (one.type === "function_call") {
    const call = one as z.infer<typeof called>;
    return [
      { role: "assistant", text: "", calls: [{ id: call.call_id, name: call.name, arguments: readArguments(call.arguments) }] },
    ];
  }
  if (one.type === "function_call_output") {
    const result = one as z.infer<typeof answered>;
    return [{ role: "tool", callId: result.call_id, text: readContent(result.output).text }];
  }
  // Reasoning of another service is sealed for that service alone.
  return [];
}

function echoOf(body: Body): Record<string, unknown> {
  return {
    instructions: body.instructions ?? null,
    max_output_tokens: body.max_output_tokens ?? null,
    metadata: body.metadata ?? {},
    previous_response_id: body.previous_response_id ?? null,
    reasoning: { effort: body.reasoning?.effort ?? null, summary: null },
    store: body.store !== false,
    user: body.user ?? null,
    background: body.background === true,
  };
}
