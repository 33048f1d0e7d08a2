/** Google generateContent and streamGenerateContent. */

import { chunksOf, type FakeReply } from "./reply.ts";
import { frame, isRecord, type Json, recordsOf, stringOf, type Turn, textsOf, type Wire, type WireContext } from "./wire.ts";

export const googleWire: Wire = {
  name: "google",
  read: (body, path) => ({
    model: decodeURIComponent(/models\/([^:]+):/.exec(path)?.[1] ?? ""),
    stream: path.includes(":streamGenerateContent"),
    turns: recordsOf(body.contents).flatMap(turnsOf),
    tools: recordsOf(body.tools).flatMap((tool) => recordsOf(tool.functionDeclarations).map((one) => stringOf(one.name))),
  }),
  frames: (reply, context) => chunks(reply, context).map((chunk) => frame(chunk)),
  whole: (reply, context) => {
    const parts = chunks(reply, context).flatMap((chunk) =>
      recordsOf(chunk.candidates).flatMap((one) => recordsOf((one.content as Json).parts)),
    );
    return {
      candidates: [{ content: { role: "model", parts }, finishReason: finishReason(reply), index: 0 }],
      usageMetadata: usageOf(context),
    };
  },
  errorBody: (status, message) => ({ error: { code: status, message, status: statusName(status) } }),
  errorFrame: (message) => frame({ error: { code: 503, message, status: "UNAVAILABLE" } }),
};

function statusName(status: number): string {
  const names: Record<number, string> = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    503: "UNAVAILABLE",
  };
  return names[status] ?? "INTERNAL";
}

function turnsOf(message: Json): Turn[] {
  if (message.role === "model") return [{ kind: "assistant" }];
  const parts = recordsOf(message.parts);
  const results: Turn[] = parts.flatMap((part) => {
    if (!isRecord(part.functionResponse)) return [];
    const response = part.functionResponse.response as Json | undefined;
    return [{ kind: "result" as const, text: stringOf(response?.content ?? response?.output) || JSON.stringify(response ?? {}) }];
  });
  const texts = textsOf(parts);
  return texts.length > 0 ? [...results, { kind: "user", texts }] : results;
}

function finishReason(reply: FakeReply): string {
  if (reply.finish === "length") return "MAX_TOKENS";
  return reply.finish === "content-filter" ? "SAFETY" : "STOP";
}

function usageOf({ usage }: WireContext): Json | undefined {
  if (!usage) return undefined;
  return {
    promptTokenCount: usage.input,
    cachedContentTokenCount: usage.cacheRead ?? 0,
    candidatesTokenCount: usage.output - (usage.reasoning ?? 0),
    thoughtsTokenCount: usage.reasoning ?? 0,
    totalTokenCount: usage.input + usage.output,
  };
}

function chunks(reply: FakeReply, context: WireContext): Json[] {
  const parts: Json[] = [
    ...chunksOf(reply.think ?? "").map((text) => ({ text, thought: true })),
    ...chunksOf(reply.text ?? "").map((text) => ({ text })),
    ...(reply.toolCalls ?? []).map((call, position) => ({
      functionCall: {
        id: call.id ?? `fc_${context.index}_${position}`,
        name: call.name,
        args: objectFrom(call.arguments),
      },
      thoughtSignature: Buffer.from(`signed-${context.index}-${position}`).toString("base64"),
    })),
  ];
  const out: Json[] = parts.map((part) => ({
    candidates: [{ content: { role: "model", parts: [part] }, index: 0 }],
    modelVersion: context.model,
    responseId: `resp_${context.index}`,
  }));
  const last: Json = {
    candidates: [{ content: { role: "model", parts: [{ text: "" }] }, finishReason: finishReason(reply), index: 0 }],
    modelVersion: context.model,
  };
  const usage = usageOf(context);
  if (usage) last.usageMetadata = usage;
  return [...out, last];
}

/** This format cannot carry broken JSON: text that is none travels inside an object. */
function objectFrom(value: Json | string): Json {
  if (typeof value !== "string") return value;
  try {
    const parsed: unknown = JSON.parse(value);
    return isRecord(parsed) ? parsed : { value: parsed };
  } catch {
    return { text: value };
  }
}
