/** The body of `POST /v1/chat/completions`. Unknown fields pass, as clients send many; fields we cannot honour are refused. */

import { MoltError } from "@moltworker/protocol/errors";
import * as z from "zod";
import type { Asked, EntryDraft } from "./asked.ts";
import { content, readContent } from "./content.ts";
import { readArguments, refuseClientTools, refuseForms, thinkingOf, unsupported } from "./honour.ts";

const message = z.looseObject({
  role: z.enum(["system", "developer", "user", "assistant", "tool", "function"]),
  content: content.nullish(),
  tool_call_id: z.string().max(200).optional(),
  name: z.string().max(200).optional(),
  tool_calls: z
    .array(
      z.looseObject({
        id: z.string().max(200),
        function: z.looseObject({ name: z.string().max(200), arguments: z.string() }),
      }),
    )
    .nullish(),
});

export const chatBody = z.looseObject({
  model: z.string().min(1).max(300),
  messages: z.array(message).min(1).max(5_000),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
  user: z.string().max(2_000).nullish(),
  max_tokens: z.int().min(1).nullish(),
  max_completion_tokens: z.int().min(1).nullish(),
  reasoning_effort: z.string().nullish(),
  n: z.int().nullish(),
});
type Message = z.infer<typeof message>;

/** Throws INVALID_REQUEST with the parameter's name in `details.param`. */
export function askedInChat(body: z.infer<typeof chatBody>): Asked {
  refuseClientTools(body);
  refuseForms(body.response_format, "response_format");
  if (body.n !== null && body.n !== undefined && body.n !== 1) throw unsupported("n", "one run gives one answer");
  if (body.audio || (Array.isArray(body.modalities) && body.modalities.includes("audio")))
    throw unsupported("modalities", "answers are text");
  if (body.logprobs === true) throw unsupported("logprobs", "a run has no token probabilities");
  if (Array.isArray(body.functions) && body.functions.length > 0)
    throw unsupported("functions", "the assistant brings its own tools");
  return {
    form: "chat",
    model: body.model,
    instructions: body.messages
      .filter(isSystem)
      .map((one) => readContent(one.content).text)
      .filter(Boolean)
      .join("\n\n"),
    entries: body.messages.filter((one) => !isSystem(one)).map(entryFrom),
    user: body.user?.trim() || undefined,
    previousId: undefined,
    stream: body.stream === true,
    includeUsage: body.stream_options?.include_usage === true,
    background: false,
    maxOutputTokens: body.max_completion_tokens ?? body.max_tokens ?? undefined,
    thinking: thinkingOf(body.reasoning_effort, "reasoning_effort"),
    store: false,
    echo: {},
  };
}

const isSystem = ({ role }: Message) => role === "system" || role === "developer";

function entryFrom(one: Message, index: number): EntryDraft {
  const { text, files } = readContent(one.content);
  if (one.role === "user") return { role: "user", text, files };
  if (one.role === "assistant") {
    const calls = (one.tool_calls ?? []).map((call) => ({
      id: call.id,
      name: call.function.name,
      arguments: readArguments(call.function.arguments),
    }));
    return { role: "assistant", text, calls };
  }
  const callId = one.tool_call_id ?? one.name;
  if (callId === undefined)
    throw new MoltError("INVALID_REQUEST", {
      message: `messages.${index}: a message of role "${one.role}" needs a tool_call_id`,
      details: { param: "messages" },
    });
  return { role: "tool", callId, text };
}
