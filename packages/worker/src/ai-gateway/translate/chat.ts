/** Chat Completions on the caller's side. */

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
  filePartFromUrl,
  invalid,
  isJson,
  type Json,
  joinToolMessages,
  numberOf,
  parseArguments,
  reasoningOf,
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
    "stream",
    "stream_options",
    "max_tokens",
    "max_completion_tokens",
    "temperature",
    "top_p",
    "stop",
    "seed",
  ],
  ...[
    "presence_penalty",
    "frequency_penalty",
    "tools",
    "tool_choice",
    "parallel_tool_calls",
    "response_format",
    "reasoning_effort",
  ],
  // Said about the call, not to the model.
  ...["user", "metadata", "store", "n", "safety_identifier", "prompt_cache_key", "service_tier"],
]);

export const chatDialect: CallerDialect = { read, writer: (head, body) => new ChatWriter(head, body), whole, errorBody };

function read(body: Json): TranslatedRequest {
  checkFields(body, known);
  if (body.n !== undefined && body.n !== null && body.n !== 1) throw invalid("n", "only one answer can be asked for here");
  const names = new Map<string, string>();
  const prompt = recordsOf(body.messages, "messages").map((message, index) => readMessage(message, `messages.${index}`, names));
  return compact({
    prompt: joinToolMessages(prompt),
    maxOutputTokens: numberOf(body.max_completion_tokens ?? body.max_tokens, "max_tokens"),
    temperature: numberOf(body.temperature, "temperature"),
    topP: numberOf(body.top_p, "top_p"),
    seed: numberOf(body.seed, "seed"),
    presencePenalty: numberOf(body.presence_penalty, "presence_penalty"),
    frequencyPenalty: numberOf(body.frequency_penalty, "frequency_penalty"),
    stopSequences:
      body.stop === undefined || body.stop === null ? undefined : [body.stop].flat().map((one) => textOf(one, "stop")),
    tools: body.tools ? readTools(recordsOf(body.tools, "tools")) : undefined,
    toolChoice: readChoice(body.tool_choice),
    reasoning: reasoningOf(body.reasoning_effort, "reasoning_effort"),
    responseFormat: readFormat(body.response_format),
    providerOptions: body.parallel_tool_calls === false ? { anthropic: { disableParallelToolUse: true } } : undefined,
  }) as TranslatedRequest;
}

function readMessage(message: Json, path: string, names: Map<string, string>): LanguageModelV4Message {
  const { role, content } = message;
  if (role === "system" || role === "developer") return { role: "system", content: plainText(content, `${path}.content`) };
  if (role === "user") return { role: "user", content: readParts(content, `${path}.content`) };
  if (role === "assistant") return readAssistant(message, path, names);
  if (role === "tool") {
    const toolCallId = textOf(message.tool_call_id, `${path}.tool_call_id`);
    const toolName = names.get(toolCallId);
    if (toolName === undefined) throw invalid(`${path}.tool_call_id`, "no tool call before it has this id");
    const output = { type: "text" as const, value: plainText(content, `${path}.content`) };
    return { role: "tool", content: [{ type: "tool-result", toolCallId, toolName, output }] };
  }
  throw invalid(`${path}.role`, "must be system, developer, user, assistant or tool");
}

function readAssistant(message: Json, path: string, names: Map<string, string>): LanguageModelV4Message {
  const extra = isJson(message.extra_content) ? message.extra_content : {};
  const thinking = message.reasoning_content ?? message.reasoning;
  const content: Extract<LanguageModelV4Message, { role: "assistant" }>["content"] = [];
  const sealed = unseal(extra.thinking);
  if ((typeof thinking === "string" && thinking !== "") || sealed)
    content.push({ type: "reasoning", text: typeof thinking === "string" ? thinking : "", ...sealed });
  const text = message.content ?? message.refusal;
  if (text !== null && text !== undefined && text !== "") {
    const said = plainText(text, `${path}.content`);
    if (said !== "") content.push({ type: "text", text: said, ...unseal(extra.text) });
  }
  for (const [index, call] of (message.tool_calls ? recordsOf(message.tool_calls, `${path}.tool_calls`) : []).entries()) {
    const where = `${path}.tool_calls.${index}`;
    const made = isJson(call.function) ? call.function : {};
    const toolCallId = textOf(call.id, `${where}.id`);
    const toolName = textOf(made.name, `${where}.function.name`);
    names.set(toolCallId, toolName);
    const input = parseArguments(made.arguments, `${where}.function.arguments`);
    content.push({
      type: "tool-call",
      toolCallId,
      toolName,
      input,
      ...unseal(isJson(call.extra_content) ? call.extra_content.data : undefined),
    });
  }
  return { role: "assistant", content };
}

function plainText(content: unknown, path: string): string {
  if (typeof content === "string") return content;
  return recordsOf(content, path)
    .map((part, index) => textOf(part.type === "refusal" ? part.refusal : part.text, `${path}.${index}.text`))
    .join("");
}

function readParts(content: unknown, path: string): Extract<LanguageModelV4Message, { role: "user" }>["content"] {
  if (typeof content === "string") return [{ type: "text", text: content }];
  return recordsOf(content, path).map((part, index) => {
    const where = `${path}.${index}`;
    if (part.type === "text") return { type: "text", text: textOf(part.text, `${where}.text`) };
    if (part.type === "image_url")
      return filePartFromUrl(
        textOf(isJson(part.image_url) ? part.image_url.url : part.image_url, `${where}.image_url`),
        "image/*",
      );
    if (part.type === "input_audio" && isJson(part.input_audio))
      return filePart({
        base64: textOf(part.input_audio.data, where),
        mediaType: part.input_audio.format === "mp3" ? "audio/mpeg" : "audio/wav",
      });
    if (part.type === "file" && isJson(part.file) && typeof part.file.file_data === "string")
      return filePartFromUrl(
        part.file.file_data,
        "application/pdf",
        typeof part.file.filename === "string" ? part.file.filename : undefined,
      );
    throw invalid(`${where}.type`, `parts of the type "${String(part.type).slice(0, 40)}" are not carried over`);
  });
}

function readTools(tools: Json[]): LanguageModelV4FunctionTool[] {
  return tools.map((tool, index) => {
    const made = tool.function;
    if (tool.type !== "function" || !isJson(made)) throw invalid(`tools.${index}.type`, "only function tools are carried over");
    return compact({
      type: "function" as const,
      name: textOf(made.name, `tools.${index}.function.name`),
      description: made.description as string | undefined,
      inputSchema: (made.parameters ?? { type: "object", properties: {} }) as LanguageModelV4FunctionTool["inputSchema"],
      strict: made.strict === true ? true : undefined,
    }) as LanguageModelV4FunctionTool;
  });
}

function readChoice(choice: unknown): LanguageModelV4ToolChoice | undefined {
  if (choice === undefined || choice === null) return undefined;
  if (choice === "auto" || choice === "none" || choice === "required") return { type: choice };
  if (isJson(choice) && isJson(choice.function))
    return { type: "tool", toolName: textOf(choice.function.name, "tool_choice.function.name") };
  throw invalid("tool_choice", "is not a choice that is carried over");
}

function readFormat(format: unknown): TranslatedRequest["responseFormat"] {
  if (!isJson(format) || format.type === "text") return undefined;
  if (format.type === "json_object") return { type: "json" };
  if (format.type !== "json_schema" || !isJson(format.json_schema))
    throw invalid("response_format.type", "must be text, json_object or json_schema");
  const { schema, name, description } = format.json_schema;
  return compact({ type: "json" as const, schema, name, description }) as TranslatedRequest["responseFormat"];
}

const finishReasons: Record<FinishReason, string> = {
  stop: "stop",
  length: "length",
  tools: "tool_calls",
  filter: "content_filter",
};

const usageJson = ({ usage }: AnswerEnd): Json => ({
  prompt_tokens: usage.input,
  completion_tokens: usage.output,
  total_tokens: usage.input + usage.output,
  prompt_tokens_details: { cached_tokens: usage.cacheRead, cache_write_tokens: usage.cacheWrite },
  completion_tokens_details: { reasoning_tokens: usage.reasoning },
});

class ChatWriter implements StreamWriter {
  private readonly head: AnswerHead;
  private readonly saysUsage: boolean;
  private calls = 0;

  constructor(head: AnswerHead, body: Json) {
    this.head = head;
    this.saysUsage = isJson(body.stream_options) && body.stream_options.include_usage === true;
  }

  start(): string {
    return this.chunk({ role: "assistant", content: "" });
  }

  event(event: AnswerEvent): string {
    if (event.type === "text") return this.chunk({ content: event.delta });
    if (event.type === "thinking") return this.chunk({ reasoning_content: event.delta });
    if (event.type === "part-end")
      return event.data === undefined ? "" : this.chunk({ extra_content: { [event.kind]: event.data } });
    const call = {
      index: this.calls,
      id: event.id,
      type: "function",
      function: { name: event.name, arguments: event.input },
      ...(event.data === undefined ? {} : { extra_content: { data: event.data } }),
    };
    this.calls += 1;
    return this.chunk({ tool_calls: [call] });
  }

  end(end: AnswerEnd): string {
    const last = this.chunk({}, finishReasons[end.reason]);
    const usage = this.saysUsage ? this.frame({ choices: [], usage: usageJson(end) }) : "";
    return `${last}${usage}data: [DONE]\n\n`;
  }

  error(message: string): string {
    return `data: ${JSON.stringify(errorBody(502, message))}\n\n`;
  }

  private chunk(delta: Json, finish: string | null = null): string {
    return this.frame({ choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }] });
  }

  private frame(fields: Json): string {
    const { id, model, created } = this.head;
    return `data: ${JSON.stringify({ id: `chatcmpl-${id}`, object: "chat.completion.chunk", created, model, ...fields })}\n\n`;
  }
}

function whole({ id, model, created }: AnswerHead, events: readonly AnswerEvent[], end: AnswerEnd): Json {
  const text = events.flatMap((event) => (event.type === "text" ? [event.delta] : [])).join("");
  const thinking = events.flatMap((event) => (event.type === "thinking" ? [event.delta] : [])).join("");
  const calls = events.flatMap((event) =>
    event.type === "tool"
      ? [
          {
            id: event.id,
            type: "function",
            function: { name: event.name, arguments: event.input },
            ...(event.data === undefined ? {} : { extra_content: { data: event.data } }),
          },
        ]
      : [],
  );
  const sealed = Object.fromEntries(
    events.flatMap((event) => (event.type === "part-end" && event.data ? [[event.kind, event.data]] : [])),
  );
  const message = {
    role: "assistant",
    content: text === "" && calls.length > 0 ? null : text,
    refusal: null,
    ...(thinking === "" ? {} : { reasoning_content: thinking }),
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
    ...(Object.keys(sealed).length === 0 ? {} : { extra_content: sealed }),
  };
  const choices = [{ index: 0, message, logprobs: null, finish_reason: finishReasons[end.reason] }];
  return { id: `chatcmpl-${id}`, object: "chat.completion", created, model, choices, usage: usageJson(end) };
}

/** OpenAI's error body; Responses has the same. */
export function errorBody(status: number, message: string): Json {
  const type =
    status === 429
      ? "rate_limit_error"
      : status === 401
        ? "authentication_error"
        : status < 500
          ? "invalid_request_error"
          : "server_error";
  return { error: { message, type, param: null, code: null } };
}
