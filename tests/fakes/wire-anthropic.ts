/** Anthropic Messages. */

import { argumentsText, chunksOf, type FakeReply } from "./reply.ts";
import { frame, isRecord, type Json, recordsOf, stringOf, type Turn, textsOf, type Wire, type WireContext } from "./wire.ts";

export const anthropicWire: Wire = {
  name: "anthropic",
  read: (body) => ({
    model: stringOf(body.model),
    stream: body.stream === true,
    turns: recordsOf(body.messages).flatMap(turnsOf),
    tools: recordsOf(body.tools).map((tool) => stringOf(tool.name)),
  }),
  frames,
  whole,
  errorBody: (status, message) => ({ type: "error", error: { type: typeOf(status), message } }),
  errorFrame: (message) => frame({ type: "error", error: { type: "overloaded_error", message } }, "error"),
};

function typeOf(status: number): string {
  if (status === 401) return "authentication_error";
  if (status === 402) return "billing_error";
  if (status === 403) return "permission_error";
  if (status === 404) return "not_found_error";
  if (status === 413) return "request_too_large";
  if (status === 429) return "rate_limit_error";
  if (status === 529) return "overloaded_error";
  return status === 400 ? "invalid_request_error" : "api_error";
}

function turnsOf(message: Json): Turn[] {
  if (message.role === "assistant") return [{ kind: "assistant" }];
  const results = recordsOf(message.content).filter((block) => block.type === "tool_result");
  const texts =
    typeof message.content === "string"
      ? [message.content]
      : textsOf(recordsOf(message.content).filter((block) => block.type === "text"));
  const turns: Turn[] = results.map((block) => ({ kind: "result", text: textsOf(block.content).join("") }));
  return texts.length > 0 ? [...turns, { kind: "user", texts }] : turns;
}

function stopReason(reply: FakeReply): string {
  if (reply.finish === "length") return "max_tokens";
  if (reply.finish === "content-filter") return "refusal";
  return reply.toolCalls?.length ? "tool_use" : "end_turn";
}

function inputUsage({ usage }: WireContext): Json {
  const cacheRead = usage?.cacheRead ?? 0;
  const cacheWrite = usage?.cacheWrite ?? 0;
  return {
    input_tokens: usage ? usage.input - cacheRead - cacheWrite : 0,
    cache_read_input_tokens: cacheRead,
    cache_creation_input_tokens: cacheWrite,
    output_tokens: usage ? 1 : 0,
  };
}

function frames(reply: FakeReply, context: WireContext): string[] {
  const out = [
    frame(
      {
        type: "message_start",
        message: {
          id: `msg_${context.index}`,
          type: "message",
          role: "assistant",
          model: context.model,
          content: [],
          stop_reason: null,
          stop_sequence: null,
          usage: inputUsage(context),
        },
      },
      "message_start",
    ),
    frame({ type: "ping" }, "ping"),
  ];
  let index = 0;
  const block = (start: Json, deltas: Json[]) => {
    out.push(frame({ type: "content_block_start", index, content_block: start }, "content_block_start"));
    for (const delta of deltas) out.push(frame({ type: "content_block_delta", index, delta }, "content_block_delta"));
    out.push(frame({ type: "content_block_stop", index }, "content_block_stop"));
    index += 1;
  };
  if (reply.think) {
    const thoughts = chunksOf(reply.think).map((thinking) => ({ type: "thinking_delta", thinking }));
    block({ type: "thinking", thinking: "", signature: "" }, [
      ...thoughts,
      { type: "signature_delta", signature: `signed-${context.index}` },
    ]);
  }
  if (reply.text)
    block(
      { type: "text", text: "" },
      chunksOf(reply.text).map((text) => ({ type: "text_delta", text })),
    );
  for (const [position, call] of (reply.toolCalls ?? []).entries()) {
    const id = call.id ?? `toolu_${context.index}_${position}`;
    const pieces = chunksOf(argumentsText(call)).map((partial) => ({ type: "input_json_delta", partial_json: partial }));
    block({ type: "tool_use", id, name: call.name, input: {} }, pieces);
  }
  const usage = context.usage ? { output_tokens: context.usage.output } : { output_tokens: 0 };
  out.push(
    frame({ type: "message_delta", delta: { stop_reason: stopReason(reply), stop_sequence: null }, usage }, "message_delta"),
  );
  out.push(frame({ type: "message_stop" }, "message_stop"));
  return out;
}

function whole(reply: FakeReply, context: WireContext): Json {
  const content: Json[] = [];
  if (reply.think) content.push({ type: "thinking", thinking: reply.think, signature: `signed-${context.index}` });
  if (reply.text) content.push({ type: "text", text: reply.text });
  for (const [position, call] of (reply.toolCalls ?? []).entries()) {
    const input = isRecord(call.arguments) ? call.arguments : JSON.parse(call.arguments);
    content.push({ type: "tool_use", id: call.id ?? `toolu_${context.index}_${position}`, name: call.name, input });
  }
  return {
    id: `msg_${context.index}`,
    type: "message",
    role: "assistant",
    model: context.model,
    content,
    stop_reason: stopReason(reply),
    stop_sequence: null,
    usage: { ...inputUsage(context), output_tokens: context.usage?.output ?? 0 },
  };
}
