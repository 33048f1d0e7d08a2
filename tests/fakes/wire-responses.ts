/** OpenAI Responses. */

import { argumentsText, chunksOf, type FakeReply } from "./reply.ts";
import { frame, type Json, recordsOf, stringOf, type Turn, textsOf, type Wire, type WireContext } from "./wire.ts";

export const responsesWire: Wire = {
  name: "responses",
  read: (body) => ({
    model: stringOf(body.model),
    stream: body.stream === true,
    turns: typeof body.input === "string" ? [{ kind: "user", texts: [body.input] }] : turnsOf(recordsOf(body.input)),
    tools: recordsOf(body.tools).map((tool) => stringOf(tool.name)),
  }),
  frames,
  whole: (reply, context) => ({
    ...responseOf(context),
    status: statusOf(reply),
    output: itemsOf(reply, context),
    usage: usageOf(context),
    incomplete_details: incompleteOf(reply),
  }),
  errorBody: (status, message, kind) => ({
    error: {
      message,
      type: status === 401 ? "invalid_request_error" : "server_error",
      param: null,
      code:
        kind === "quota"
          ? "insufficient_quota"
          : kind === "context"
            ? "context_length_exceeded"
            : status === 404
              ? "model_not_found"
              : null,
    },
  }),
  errorFrame: (message) =>
    frame(
      { type: "error", sequence_number: 0, error: { type: "server_error", code: "server_error", message, param: null } },
      "error",
    ),
};

/** Several items may make one assistant message: consecutive ones count once. */
function turnsOf(items: Json[]): Turn[] {
  const turns: Turn[] = [];
  for (const item of items) {
    if (item.role === "user") turns.push({ kind: "user", texts: textsOf(item.content) });
    else if (item.type === "function_call_output") turns.push({ kind: "result", text: textsOf(item.output).join("") });
    else if (item.role === "assistant" || item.type === "function_call" || item.type === "reasoning") {
      if (turns.at(-1)?.kind !== "assistant") turns.push({ kind: "assistant" });
    }
  }
  return turns;
}

function responseOf(context: WireContext): Json {
  return {
    id: `resp_${context.index}`,
    object: "response",
    created_at: 1_700_000_000,
    model: context.model,
    status: "in_progress",
    output: [],
  };
}

const statusOf = (reply: FakeReply): string => (reply.finish && reply.finish !== "stop" ? "incomplete" : "completed");

function incompleteOf(reply: FakeReply): Json | null {
  if (reply.finish === "length") return { reason: "max_output_tokens" };
  return reply.finish === "content-filter" ? { reason: "content_filter" } : null;
}

function usageOf({ usage }: WireContext): Json | null {
  if (!usage) return null;
  return {
    input_tokens: usage.input,
    input_tokens_details: { cached_tokens: usage.cacheRead ?? 0 },
    output_tokens: usage.output,
    output_tokens_details: { reasoning_tokens: usage.reasoning ?? 0 },
    total_tokens: usage.input + usage.output,
  };
}

function itemsOf(reply: FakeReply, { index }: WireContext): Json[] {
  const items: Json[] = [];
  if (reply.think) {
    items.push({
      type: "reasoning",
      id: `rs_${index}`,
      summary: [{ type: "summary_text", text: reply.think }],
      encrypted_content: `sealed-${index}`,
    });
  }
  if (reply.text) {
    items.push({
      type: "message",
      id: `msg_${index}`,
      role: "assistant",
      status: "completed",
      content: [{ type: "output_text", text: reply.text, annotations: [] }],
    });
  }
  for (const [position, call] of (reply.toolCalls ?? []).entries()) {
    items.push({
      type: "function_call",
      id: `fc_${index}_${position}`,
      call_id: call.id ?? `call_${index}_${position}`,
      name: call.name,
      arguments: argumentsText(call),
      status: "completed",
    });
  }
  return items;
}

function frames(reply: FakeReply, context: WireContext): string[] {
  let sequence = 0;
  const out: string[] = [];
  const emit = (type: string, data: Json) => {
    out.push(frame({ type, sequence_number: sequence, ...data }, type));
    sequence += 1;
  };
  emit("response.created", { response: responseOf(context) });
  emit("response.in_progress", { response: responseOf(context) });
  const items = itemsOf(reply, context);
  for (const [outputIndex, item] of items.entries()) itemFrames(emit, item, outputIndex);
  const final = {
    ...responseOf(context),
    status: statusOf(reply),
    output: items,
    usage: usageOf(context),
    incomplete_details: incompleteOf(reply),
  };
  emit(statusOf(reply) === "completed" ? "response.completed" : "response.incomplete", { response: final });
  return out;
}

function itemFrames(emit: (type: string, data: Json) => void, item: Json, outputIndex: number): void {
  const place = { item_id: item.id, output_index: outputIndex };
  if (item.type === "message") {
    const [part] = recordsOf(item.content);
    const text = stringOf(part?.text);
    emit("response.output_item.added", { output_index: outputIndex, item: { ...item, status: "in_progress", content: [] } });
    emit("response.content_part.added", { ...place, content_index: 0, part: { type: "output_text", text: "", annotations: [] } });
    for (const delta of chunksOf(text)) emit("response.output_text.delta", { ...place, content_index: 0, delta });
    emit("response.output_text.done", { ...place, content_index: 0, text });
    emit("response.content_part.done", { ...place, content_index: 0, part });
  } else if (item.type === "reasoning") {
    const text = stringOf(recordsOf(item.summary)[0]?.text);
    emit("response.output_item.added", { output_index: outputIndex, item: { ...item, summary: [] } });
    emit("response.reasoning_summary_part.added", { ...place, summary_index: 0, part: { type: "summary_text", text: "" } });
    for (const delta of chunksOf(text)) emit("response.reasoning_summary_text.delta", { ...place, summary_index: 0, delta });
    emit("response.reasoning_summary_part.done", { ...place, summary_index: 0, part: { type: "summary_text", text } });
  } else {
    emit("response.output_item.added", { output_index: outputIndex, item: { ...item, arguments: "", status: "in_progress" } });
    for (const delta of chunksOf(stringOf(item.arguments))) emit("response.function_call_arguments.delta", { ...place, delta });
    emit("response.function_call_arguments.done", { ...place, arguments: item.arguments });
  }
  emit("response.output_item.done", { output_index: outputIndex, item });
}
