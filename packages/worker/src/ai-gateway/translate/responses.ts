/** OpenAI Responses on the caller's side, without anything that would be stored at the provider. */

import type { LanguageModelV4FunctionTool, LanguageModelV4Message, LanguageModelV4ToolChoice } from "@ai-sdk/provider";
import { errorBody } from "./chat.ts";
import {
  type AnswerEnd,
  type AnswerEvent,
  type AnswerHead,
  type CallerDialect,
  checkFields,
  compact,
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
    "input",
    "instructions",
    "stream",
    "max_output_tokens",
    "temperature",
    "top_p",
    "tools",
    "tool_choice",
    "text",
    "reasoning",
  ],
  ...[
    "store",
    "metadata",
    "user",
    "include",
    "parallel_tool_calls",
    "truncation",
    "service_tier",
    "prompt_cache_key",
    "safety_identifier",
  ],
]);

export const responsesDialect: CallerDialect = { read, writer: (head) => new ResponsesWriter(head), whole, errorBody };

function read(body: Json): TranslatedRequest {
  checkFields(body, known);
  const names = new Map<string, string>();
  const input = typeof body.input === "string" ? [{ role: "user", content: body.input }] : recordsOf(body.input, "input");
  const system = typeof body.instructions === "string" ? [{ role: "system" as const, content: body.instructions }] : [];
  const messages = joinAssistants(input.map((item, index) => readItem(item, `input.${index}`, names)));
  const reasoning = isJson(body.reasoning) ? body.reasoning.effort : undefined;
  return compact({
    prompt: [...system, ...joinToolMessages(messages)],
    maxOutputTokens: numberOf(body.max_output_tokens, "max_output_tokens"),
    temperature: numberOf(body.temperature, "temperature"),
    topP: numberOf(body.top_p, "top_p"),
    tools: body.tools ? recordsOf(body.tools, "tools").map(readTool) : undefined,
    toolChoice: readChoice(body.tool_choice),
    reasoning: reasoningOf(reasoning, "reasoning.effort"),
    responseFormat: readFormat(isJson(body.text) ? body.text.format : undefined),
    providerOptions: body.parallel_tool_calls === false ? { anthropic: { disableParallelToolUse: true } } : undefined,
  }) as TranslatedRequest;
}

function readItem(item: Json, path: string, names: Map<string, string>): LanguageModelV4Message {
  const type = item.type ?? "message";
  if (type === "message") return readMessage(item, path);
  if (type === "reasoning") {
    const summary = Array.isArray(item.summary) ? recordsOf(item.summary, `${path}.summary`) : [];
    const text = summary.map((part) => part.text).join("\n");
    return { role: "assistant", content: [{ type: "reasoning", text, ...unseal(item.encrypted_content) }] };
  }
  const toolCallId = textOf(item.call_id, `${path}.call_id`);
  if (type === "function_call") {
    const toolName = textOf(item.name, `${path}.name`);
    names.set(toolCallId, toolName);
    const input = parseArguments(item.arguments, `${path}.arguments`);
    return { role: "assistant", content: [{ type: "tool-call", toolCallId, toolName, input, ...unseal(item.signature) }] };
  }
  if (type !== "function_call_output")
    throw invalid(`${path}.type`, `items of the type "${String(type).slice(0, 40)}" are not carried over`);
  const toolName = names.get(toolCallId);
  if (toolName === undefined) throw invalid(`${path}.call_id`, "no function call before it has this id");
  const value =
    typeof item.output === "string"
      ? item.output
      : recordsOf(item.output, `${path}.output`)
          .map((part) => textOf(part.text, path))
          .join("");
  return { role: "tool", content: [{ type: "tool-result", toolCallId, toolName, output: { type: "text", value } }] };
}

function readMessage(item: Json, path: string): LanguageModelV4Message {
  const parts =
    typeof item.content === "string" ? [{ type: "text", text: item.content }] : recordsOf(item.content, `${path}.content`);
  if (item.role === "system" || item.role === "developer")
    return { role: "system", content: parts.map((part) => textOf(part.text, path)).join("") };
  if (item.role === "assistant")
    return { role: "assistant", content: parts.map((part) => ({ type: "text", text: textOf(part.text ?? part.refusal, path) })) };
  if (item.role !== "user") throw invalid(`${path}.role`, "must be system, developer, user or assistant");
  return {
    role: "user",
    content: parts.map((part, index) => {
      const where = `${path}.content.${index}`;
      if (part.type === "input_text" || part.type === "text") return { type: "text", text: textOf(part.text, where) };
      if (part.type === "input_image" && typeof part.image_url === "string") return filePartFromUrl(part.image_url, "image/*");
      if (part.type === "input_file" && typeof part.file_data === "string")
        return filePartFromUrl(part.file_data, "application/pdf", typeof part.filename === "string" ? part.filename : undefined);
      if (part.type === "input_file" && typeof part.file_url === "string")
        return filePartFromUrl(part.file_url, "application/pdf");
      throw invalid(`${where}.type`, `parts of the type "${String(part.type).slice(0, 40)}" are not carried over`);
    }),
  };
}

/** Reasoning, text and calls of one turn are items of their own there, and one message elsewhere. */
function joinAssistants(messages: LanguageModelV4Message[]): LanguageModelV4Message[] {
  const joined: LanguageModelV4Message[] = [];
  for (const message of messages) {
    const last = joined.at(-1);
    if (message.role === "assistant" && last?.role === "assistant") last.content.push(...message.content);
    else joined.push(message);
  }
  return joined;
}

function readTool(tool: Json, index: number): LanguageModelV4FunctionTool {
  if (tool.type !== "function") throw invalid(`tools.${index}.type`, "only function tools are carried over");
  return compact({
    type: "function" as const,
    name: textOf(tool.name, `tools.${index}.name`),
    description: tool.description as string | undefined,
    inputSchema: (tool.parameters ?? { type: "object", properties: {} }) as LanguageModelV4FunctionTool["inputSchema"],
    strict: tool.strict === true ? true : undefined,
  }) as LanguageModelV4FunctionTool;
}

function readChoice(choice: unknown): LanguageModelV4ToolChoice | undefined {
  if (choice === undefined || choice === null) return undefined;
  if (choice === "auto" || choice === "none" || choice === "required") return { type: choice };
  if (isJson(choice) && choice.type === "function") return { type: "tool", toolName: textOf(choice.name, "tool_choice.name") };
  throw invalid("tool_choice", "is not a choice that is carried over");
}

function readFormat(format: unknown): TranslatedRequest["responseFormat"] {
  if (!isJson(format) || format.type === "text") return undefined;
  if (format.type === "json_object") return { type: "json" };
  if (format.type !== "json_schema") throw invalid("text.format.type", "must be text, json_object or json_schema");
  const { schema, name, description } = format;
  return compact({ type: "json" as const, schema, name, description }) as TranslatedRequest["responseFormat"];
}

const usageJson = ({ usage }: AnswerEnd): Json => ({
  input_tokens: usage.input,
  input_tokens_details: { cached_tokens: usage.cacheRead },
  output_tokens: usage.output,
  output_tokens_details: { reasoning_tokens: usage.reasoning },
  total_tokens: usage.input + usage.output,
});

/** The output items of an answer so far, in the order in which they began. */
class Items {
  readonly list: Json[] = [];
  private readonly open = new Map<number, Json>();
  private readonly id: string;

  constructor(id: string) {
    this.id = id;
  }

  indexOf(item: Json): number {
    return this.list.indexOf(item);
  }

  of(index: number, kind: "text" | "thinking"): { item: Json; fresh: boolean } {
    const known = this.open.get(index);
    if (known) return { item: known, fresh: false };
    const id = `${kind === "text" ? "msg" : "rs"}_${this.id}_${this.list.length}`;
    const item: Json =
      kind === "text"
        ? {
            id,
            type: "message",
            status: "in_progress",
            role: "assistant",
            content: [{ type: "output_text", text: "", annotations: [], logprobs: [] }],
          }
        : { id, type: "reasoning", summary: [{ type: "summary_text", text: "" }], encrypted_content: null };
    this.open.set(index, item);
    this.list.push(item);
    return { item, fresh: true };
  }

  partOf(item: Json): { text: string } {
    return ((item.content ?? item.summary) as { text: string }[])[0] as { text: string };
  }

  close(index: number): Json | undefined {
    const item = this.open.get(index);
    this.open.delete(index);
    if (item?.type === "message") item.status = "completed";
    return item;
  }

  stillOpen(): number[] {
    return [...this.open.keys()];
  }

  call(event: Extract<AnswerEvent, { type: "tool" }>): Json {
    const item = {
      id: `fc_${this.id}_${this.list.length}`,
      type: "function_call",
      status: "completed",
      call_id: event.id,
      name: event.name,
      arguments: event.input,
      ...(event.data === undefined ? {} : { signature: event.data }),
    };
    this.list.push(item);
    return item;
  }
}

class ResponsesWriter implements StreamWriter {
  private readonly head: AnswerHead;
  private readonly items: Items;
  private sequence = 0;

  constructor(head: AnswerHead) {
    this.head = head;
    this.items = new Items(head.id);
  }

  start(): string {
    const response = responseJson(this.head, [], "in_progress", null);
    return this.frame("response.created", { response }) + this.frame("response.in_progress", { response });
  }

  event(event: AnswerEvent): string {
    if (event.type === "tool") return this.tool(event);
    if (event.type === "part-end") return this.close(event);
    const kind = event.type;
    const { item, fresh } = this.items.of(event.index, kind);
    const output_index = this.items.indexOf(item);
    const at = { item_id: item.id, output_index };
    let begin = "";
    if (fresh) {
      const bare = kind === "text" ? { ...item, content: [] } : { ...item, summary: [] };
      const part = structuredClone(this.items.partOf(item));
      begin =
        this.frame("response.output_item.added", { output_index, item: bare }) +
        (kind === "text"
          ? this.frame("response.content_part.added", { ...at, content_index: 0, part })
          : this.frame("response.reasoning_summary_part.added", { ...at, summary_index: 0, part }));
    }
    this.items.partOf(item).text += event.delta;
    const delta =
      kind === "text"
        ? this.frame("response.output_text.delta", { ...at, content_index: 0, delta: event.delta, logprobs: [] })
        : this.frame("response.reasoning_summary_text.delta", { ...at, summary_index: 0, delta: event.delta });
    return begin + delta;
  }

  end(end: AnswerEnd): string {
    const left = this.items
      .stillOpen()
      .map((index) => this.close({ type: "part-end", index, kind: "text", data: undefined }))
      .join("");
    const status = end.reason === "length" || end.reason === "filter" ? "incomplete" : "completed";
    return left + this.frame(`response.${status}`, { response: responseJson(this.head, this.items.list, status, end) });
  }

  error(message: string): string {
    return this.frame("error", { code: "server_error", message, param: null });
  }

  private close(event: Extract<AnswerEvent, { type: "part-end" }>): string {
    if (event.kind === "thinking" && event.data !== undefined)
      this.items.of(event.index, "thinking").item.encrypted_content = event.data;
    const item = this.items.close(event.index);
    if (!item) return "";
    const output_index = this.items.indexOf(item);
    const at = { item_id: item.id, output_index };
    const part = this.items.partOf(item);
    const done =
      item.type === "message"
        ? this.frame("response.output_text.done", { ...at, content_index: 0, text: part.text, logprobs: [] }) +
          this.frame("response.content_part.done", { ...at, content_index: 0, part })
        : this.frame("response.reasoning_summary_text.done", { ...at, summary_index: 0, text: part.text }) +
          this.frame("response.reasoning_summary_part.done", { ...at, summary_index: 0, part });
    return done + this.frame("response.output_item.done", { output_index, item });
  }

  private tool(event: Extract<AnswerEvent, { type: "tool" }>): string {
    const item = this.items.call(event);
    const output_index = this.items.indexOf(item);
    const at = { item_id: item.id, output_index };
    return (
      this.frame("response.output_item.added", { output_index, item: { ...item, status: "in_progress", arguments: "" } }) +
      this.frame("response.function_call_arguments.delta", { ...at, delta: event.input }) +
      this.frame("response.function_call_arguments.done", { ...at, arguments: event.input }) +
      this.frame("response.output_item.done", { output_index, item })
    );
  }

  private frame(type: string, fields: Json): string {
    const text = JSON.stringify({ type, sequence_number: this.sequence, ...fields });
    this.sequence += 1;
    return `event: ${type}\ndata: ${text}\n\n`;
  }
}

function responseJson({ id, model, created }: AnswerHead, output: Json[], status: string, end: AnswerEnd | null): Json {
  const reason = end?.reason === "length" ? "max_output_tokens" : "content_filter";
  return {
    id: `resp_${id}`,
    object: "response",
    created_at: created,
    status,
    error: null,
    incomplete_details: status === "incomplete" ? { reason } : null,
    model,
    output,
    parallel_tool_calls: true,
    store: false,
    tools: [],
    tool_choice: "auto",
    usage: end ? usageJson(end) : null,
  };
}

function whole(head: AnswerHead, events: readonly AnswerEvent[], end: AnswerEnd): Json {
  const items = new Items(head.id);
  for (const event of events) {
    if (event.type === "tool") items.call(event);
    else if (event.type === "part-end") {
      if (event.kind === "thinking" && event.data !== undefined)
        items.of(event.index, "thinking").item.encrypted_content = event.data;
      items.close(event.index);
    } else items.partOf(items.of(event.index, event.type).item).text += event.delta;
  }
  for (const index of items.stillOpen()) items.close(index);
  const status = end.reason === "length" || end.reason === "filter" ? "incomplete" : "completed";
  return responseJson(head, items.list, status, end);
}
