/** OpenAI Chat Completions. */

import { argumentsText, chunksOf, type FakeReply } from "./reply.ts";
import { frame, type Json, recordsOf, stringOf, type Turn, textsOf, type Wire, type WireContext } from "./wire.ts";

export const chatWire: Wire = {
  name: "chat",
  read: (body) => ({
    model: stringOf(body.model),
    stream: body.stream === true,
    turns: recordsOf(body.messages).flatMap(turnOf),
    tools: recordsOf(body.tools).map((tool) => stringOf((tool.function as Json | undefined)?.name)),
  }),
  frames,
  whole,
  errorBody: (status, message, kind) => ({
    error: { message, type: status === 401 ? "invalid_request_error" : "server_error", param: null, code: codeOf(status, kind) },
  }),
  errorFrame: (message) => frame({ error: { message, type: "server_error", code: "server_error" } }),
};

function codeOf(status: number, kind: string): string | null {
  if (kind === "quota") return "insufficient_quota";
  if (kind === "context") return "context_length_exceeded";
  if (status === 401) return "invalid_api_key";
  if (status === 404) return "model_not_found";
  return status === 429 ? "rate_limit_exceeded" : null;
}

function turnOf(message: Json): Turn[] {
  if (message.role === "user") return [{ kind: "user", texts: textsOf(message.content) }];
  if (message.role === "assistant") return [{ kind: "assistant" }];
  if (message.role === "tool") return [{ kind: "result", text: textsOf(message.content).join("") }];
  return [];
}

function usageOf({ usage }: WireContext): Json | undefined {
  if (!usage) return undefined;
  return {
    prompt_tokens: usage.input,
    completion_tokens: usage.output,
    total_tokens: usage.input + usage.output,
    prompt_tokens_details: { cached_tokens: usage.cacheRead ?? 0 },
    completion_tokens_details: { reasoning_tokens: usage.reasoning ?? 0 },
  };
}

function finishReason(reply: FakeReply): string {
  if (reply.finish === "length") return "length";
  if (reply.finish === "content-filter") return "content_filter";
  return reply.toolCalls?.length ? "tool_calls" : "stop";
}

function frames(reply: FakeReply, context: WireContext): string[] {
  const head = `{"id":"chatcmpl-${context.index}","object":"chat.completion.chunk","created":1700000000,"model":${JSON.stringify(context.model)}`;
  const chunk = (delta: Json, finish: string | null = null) =>
    `data: ${head},"choices":[{"index":0,"delta":${JSON.stringify(delta)},"finish_reason":${JSON.stringify(finish)}}]}\n\n`;
  const out = [chunk({ role: "assistant", content: "" })];
  for (const piece of chunksOf(reply.think ?? "")) out.push(chunk({ reasoning_content: piece }));
  for (const piece of chunksOf(reply.text ?? "")) out.push(chunk({ content: piece }));
  for (const [index, call] of (reply.toolCalls ?? []).entries()) {
    const id = call.id ?? `call_${context.index}_${index}`;
    out.push(chunk({ tool_calls: [{ index, id, type: "function", function: { name: call.name, arguments: "" } }] }));
    for (const piece of chunksOf(argumentsText(call)))
      out.push(chunk({ tool_calls: [{ index, function: { arguments: piece } }] }));
  }
  out.push(chunk({}, finishReason(reply)));
  const usage = usageOf(context);
  if (usage) out.push(`data: ${head},"choices":[],"usage":${JSON.stringify(usage)}}\n\n`);
  out.push("data: [DONE]\n\n");
  return out;
}

function whole(reply: FakeReply, context: WireContext): Json {
  const toolCalls = reply.toolCalls?.map((call, index) => ({
    id: call.id ?? `call_${context.index}_${index}`,
    type: "function",
    function: { name: call.name, arguments: argumentsText(call) },
  }));
  return {
    id: `chatcmpl-${context.index}`,
    object: "chat.completion",
    created: 1_700_000_000,
    model: context.model,
    choices: [
      {
        index: 0,
        message: { role: "assistant", content: reply.text ?? null, tool_calls: toolCalls },
        finish_reason: finishReason(reply),
      },
    ],
    usage: usageOf(context),
  };
}
