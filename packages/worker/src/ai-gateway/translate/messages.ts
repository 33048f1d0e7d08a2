/** Anthropic Messages on the caller's side. */

import type { LanguageModelV4FunctionTool, LanguageModelV4Message, LanguageModelV4ToolChoice } from "@ai-sdk/provider";
import {
  type AnswerEnd,
  type AnswerEvent,
  type AnswerHead,
  type CallerDialect,
  checkFields,
  compact,
  type FinishReason,
  filePart,
  invalid,
  isJson,
  type Json,
  joinToolMessages,
  numberOf,
  recordsOf,
  type StreamWriter,
  type TranslatedRequest,
  textOf,
  unseal,
} from "./dialect.ts";

const known: ReadonlySet<string> = new Set([
  ...[
    "model",
    "messages",
    "system",
    "stream",
    "max_tokens",
    "temperature",
    "top_p",
    "top_k",
    "stop_sequences",
    "tools",
    "tool_choice",
  ],
  ...["thinking", "output_config", "output_format", "metadata", "service_tier"],
]);

export const messagesDialect: CallerDialect = { read, writer: (head) => new MessagesWriter(head), whole, errorBody };

function read(body: Json): TranslatedRequest {
  checkFields(body, known);
  const names = new Map<string, string>();
  const system =
    body.system === undefined || body.system === null
      ? []
      : [{ role: "system" as const, content: joinedText(body.system, "system") }];
  const messages = recordsOf(body.messages, "messages").flatMap((message, index) =>
    readMessage(message, `messages.${index}`, names),
  );
  return compact({
    prompt: [...system, ...joinToolMessages(messages)],
    maxOutputTokens: numberOf(body.max_tokens, "max_tokens"),
    temperature: numberOf(body.temperature, "temperature"),
    topP: numberOf(body.top_p, "top_p"),
    topK: numberOf(body.top_k, "top_k"),
    stopSequences:
      body.stop_sequences === undefined
        ? undefined
        : (body.stop_sequences as unknown[]).map((one) => textOf(one, "stop_sequences")),
    tools: body.tools ? recordsOf(body.tools, "tools").map(readTool) : undefined,
    toolChoice: readChoice(body.tool_choice),
    reasoning: readThinking(body),
    responseFormat: readFormat(body),
  }) as TranslatedRequest;
}

function readThinking({ thinking, output_config: config }: Json): TranslatedRequest["reasoning"] {
  const effort = isJson(config) ? config.effort : undefined;
  if (isJson(thinking) && thinking.type === "disabled") return "none";
  if (!isJson(thinking) && effort === undefined) return undefined;
  if (effort === "low" || effort === "medium" || effort === "high" || effort === "xhigh" || effort === "max") return effort;
  const budget = isJson(thinking) ? Number(thinking.budget_tokens ?? 8_192) : 8_192;
  return budget <= 2_048 ? "low" : budget <= 10_000 ? "medium" : "high";
}

function readFormat(body: Json): TranslatedRequest["responseFormat"] {
  const format = body.output_format ?? (isJson(body.output_config) ? body.output_config.format : undefined);
  if (!isJson(format)) return undefined;
  if (format.type !== "json_schema") throw invalid("output_config.format.type", "must be json_schema");
  return { type: "json", schema: format.schema as never };
}

function joinedText(content: unknown, path: string): string {
  if (typeof content === "string") return content;
  return recordsOf(content, path)
    .map((block, index) => textOf(block.text, `${path}.${index}.text`))
    .join("\n\n");
}

function readMessage(message: Json, path: string, names: Map<string, string>): LanguageModelV4Message[] {
  const blocks =
    typeof message.content === "string"
      ? [{ type: "text", text: message.content }]
      : recordsOf(message.content, `${path}.content`);
  if (message.role === "assistant")
    return [{ role: "assistant", content: blocks.flatMap((block, index) => readOwn(block, `${path}.content.${index}`, names)) }];
  if (message.role !== "user") throw invalid(`${path}.role`, "must be user or assistant");
  const results = blocks.filter((block) => block.type === "tool_result");
  const rest = blocks.filter((block) => block.type !== "tool_result");
  const out: LanguageModelV4Message[] = [];
  if (results.length > 0) out.push({ role: "tool", content: results.map((block) => readResult(block, path, names)) });
  if (rest.length > 0) out.push({ role: "user", content: rest.map((block) => readBlock(block, path)) });
  return out;
}

type AssistantContent = Extract<LanguageModelV4Message, { role: "assistant" }>["content"];

function readOwn(block: Json, path: string, names: Map<string, string>): AssistantContent {
  if (block.type === "text") return block.text === "" ? [] : [{ type: "text", text: textOf(block.text, path) }];
  // Another provider's signature is of no use here, and text alone of no harm.
  if (block.type === "thinking") return [{ type: "reasoning", text: textOf(block.thinking, path), ...unseal(block.signature) }];
  if (block.type === "redacted_thinking") return [];
  if (block.type !== "tool_use")
    throw invalid(`${path}.type`, `blocks of the type "${String(block.type).slice(0, 40)}" are not carried over`);
  const toolCallId = textOf(block.id, `${path}.id`);
  const toolName = textOf(block.name, `${path}.name`);
  names.set(toolCallId, toolName);
  return [{ type: "tool-call", toolCallId, toolName, input: block.input ?? {}, ...unseal(block.signature) }];
}

function readResult(block: Json, path: string, names: Map<string, string>) {
  const toolCallId = textOf(block.tool_use_id, `${path}.tool_use_id`);
  const toolName = names.get(toolCallId);
  if (toolName === undefined) throw invalid(`${path}.tool_use_id`, "no tool call before it has this id");
  const content = block.content ?? "";
  const parts = typeof content === "string" ? [{ type: "text", text: content }] : recordsOf(content, `${path}.content`);
  const onlyText = parts.every((part) => part.type === "text");
  const value = parts.map((part) => part.text).join("");
  const output = onlyText
    ? { type: block.is_error === true ? ("error-text" as const) : ("text" as const), value }
    : { type: "content" as const, value: parts.map((part) => readBlock(part, path)) };
  return { type: "tool-result" as const, toolCallId, toolName, output: output as never };
}

function readBlock(block: Json, path: string) {
  if (block.type === "text") return { type: "text" as const, text: textOf(block.text, path) };
  const source = isJson(block.source) ? block.source : {};
  const fallback = block.type === "image" ? "image/*" : "application/pdf";
  if (block.type !== "image" && block.type !== "document")
    throw invalid(`${path}.type`, `blocks of the type "${String(block.type).slice(0, 40)}" are not carried over`);
  if (source.type === "base64")
    return filePart({ base64: textOf(source.data, path), mediaType: String(source.media_type ?? fallback) });
  if (source.type === "url") return filePart({ url: textOf(source.url, path), mediaType: fallback });
  if (source.type === "text") return { type: "text" as const, text: textOf(source.data, path) };
  throw invalid(`${path}.source.type`, "must be base64, url or text");
}

function readTool(tool: Json, index: number): LanguageModelV4FunctionTool {
  if (tool.type !== undefined && tool.type !== "custom")
    throw invalid(`tools.${index}.type`, "tools that a provider runs are not carried over");
  return compact({
    type: "function" as const,
    name: textOf(tool.name, `tools.${index}.name`),
    description: tool.description as string | undefined,
    inputSchema: (tool.input_schema ?? { type: "object", properties: {} }) as LanguageModelV4FunctionTool["inputSchema"],
    strict: tool.strict === true ? true : undefined,
  }) as LanguageModelV4FunctionTool;
}

function readChoice(choice: unknown): LanguageModelV4ToolChoice | undefined {
  if (!isJson(choice)) return undefined;
  if (choice.type === "auto" || choice.type === "none") return { type: choice.type };
  if (choice.type === "any") return { type: "required" };
  if (choice.type === "tool") return { type: "tool", toolName: textOf(choice.name, "tool_choice.name") };
  throw invalid("tool_choice.type", "must be auto, any, tool or none");
}

const stopReasons: Record<FinishReason, string> = {
  stop: "end_turn",
  length: "max_tokens",
  tools: "tool_use",
  filter: "refusal",
};

const usageJson = ({ usage }: AnswerEnd): Json => ({
  input_tokens: Math.max(0, usage.input - usage.cacheRead - usage.cacheWrite),
  cache_creation_input_tokens: usage.cacheWrite,
  cache_read_input_tokens: usage.cacheRead,
  output_tokens: usage.output,
});

class MessagesWriter implements StreamWriter {
  private readonly head: AnswerHead;
  private readonly open = new Map<number, number>();
  private blocks = 0;

  constructor(head: AnswerHead) {
    this.head = head;
  }

  start(): string {
    const usage = { input_tokens: 0, output_tokens: 0 };
    const { id, model } = this.head;
    const message = {
      id: `msg_${id}`,
      type: "message",
      role: "assistant",
      model,
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage,
    };
    return frame("message_start", { message });
  }

  event(event: AnswerEvent): string {
    if (event.type === "tool") return this.tool(event);
    if (event.type === "part-end") return this.close(event);
    const isText = event.type === "text";
    let index = this.open.get(event.index);
    let begin = "";
    if (index === undefined) {
      index = this.next();
      this.open.set(event.index, index);
      const block = isText ? { type: "text", text: "" } : { type: "thinking", thinking: "", signature: "" };
      begin = frame("content_block_start", { index, content_block: block });
    }
    const delta = isText ? { type: "text_delta", text: event.delta } : { type: "thinking_delta", thinking: event.delta };
    return begin + frame("content_block_delta", { index, delta });
  }

  end(end: AnswerEnd): string {
    const left = [...this.open.values()].map((index) => frame("content_block_stop", { index })).join("");
    const delta = { stop_reason: stopReasons[end.reason], stop_sequence: null };
    return left + frame("message_delta", { delta, usage: usageJson(end) }) + frame("message_stop", {});
  }

  error(message: string): string {
    return frame("error", { error: { type: "api_error", message } });
  }

  private close(event: Extract<AnswerEvent, { type: "part-end" }>): string {
    let index = this.open.get(event.index);
    let begin = "";
    if (index === undefined) {
      // A thought without words still has a signature that must come back.
      if (event.kind === "text" || event.data === undefined) return "";
      index = this.next();
      begin = frame("content_block_start", { index, content_block: { type: "thinking", thinking: "", signature: "" } });
    }
    this.open.delete(event.index);
    const signature =
      event.kind === "thinking" && event.data !== undefined
        ? frame("content_block_delta", { index, delta: { type: "signature_delta", signature: event.data } })
        : "";
    return begin + signature + frame("content_block_stop", { index });
  }

  private tool(event: Extract<AnswerEvent, { type: "tool" }>): string {
    const index = this.next();
    const block = {
      type: "tool_use",
      id: event.id,
      name: event.name,
      input: {},
      ...(event.data === undefined ? {} : { signature: event.data }),
    };
    return (
      frame("content_block_start", { index, content_block: block }) +
      frame("content_block_delta", { index, delta: { type: "input_json_delta", partial_json: event.input } }) +
      frame("content_block_stop", { index })
    );
  }

  private next(): number {
    this.blocks += 1;
    return this.blocks - 1;
  }
}

const frame = (type: string, fields: Json): string => `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;

function whole({ id, model }: AnswerHead, events: readonly AnswerEvent[], end: AnswerEnd): Json {
  const content: Json[] = [];
  const open = new Map<number, Json>();
  for (const event of events) {
    if (event.type === "tool") {
      const input = event.input === "" ? {} : (JSON.parse(event.input) as unknown);
      content.push({
        type: "tool_use",
        id: event.id,
        name: event.name,
        input,
        ...(event.data === undefined ? {} : { signature: event.data }),
      });
      continue;
    }
    const kind = event.type === "part-end" ? event.kind : event.type;
    let block = open.get(event.index);
    if (!block) {
      if (event.type === "part-end" && event.data === undefined) continue;
      block = kind === "text" ? { type: "text", text: "" } : { type: "thinking", thinking: "", signature: "" };
      open.set(event.index, block);
      content.push(block);
    }
    if (event.type === "part-end") {
      if (kind === "thinking" && event.data !== undefined) block.signature = event.data;
    } else block[kind] = `${block[kind]}${event.delta}`;
  }
  return {
    id: `msg_${id}`,
    type: "message",
    role: "assistant",
    model,
    content,
    stop_reason: stopReasons[end.reason],
    stop_sequence: null,
    usage: usageJson(end),
  };
}

function errorBody(status: number, message: string): Json {
  const types: Record<number, string> = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    529: "overloaded_error",
  };
  return { type: "error", error: { type: types[status] ?? (status < 500 ? "invalid_request_error" : "api_error"), message } };
}
