/** What callers of the unified paths say in each dialect, and how they read the answers. */

export type Json = Record<string, unknown>;
export const schema = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };

export interface Caller {
  path: string;
  ask(model: string, text: string, more?: Json): Json;
  tools: Json;
  /** Text and tool calls of a whole answer. */
  read(answer: Json): { text: string; calls: [string, string, unknown][] };
  /** The same from a stream's events. */
  readStream(events: Json[]): { text: string; calls: [string, string, unknown][] };
  /** The conversation with the calls answered. */
  follow(body: Json, answer: Json, results: [string, string][]): Json;
}

export const parse = (text: unknown) => JSON.parse(String(text)) as unknown;
export const list = (value: unknown) => (Array.isArray(value) ? (value as Json[]) : []);

const chat: Caller = {
  path: "/ai/v1/chat/completions",
  ask: (model, text, more = {}) => ({
    model,
    messages: [
      { role: "system", content: "be brief" },
      { role: "user", content: text },
    ],
    ...more,
  }),
  tools: { tools: [{ type: "function", function: { name: "weather", description: "Weather", parameters: schema } }] },
  read: (answer) => {
    const message = list(answer.choices)[0]?.message as Json;
    return {
      text: String(message.content ?? ""),
      calls: list(message.tool_calls).map((call) => [
        call.id as string,
        (call.function as Json).name as string,
        parse((call.function as Json).arguments),
      ]),
    };
  },
  readStream: (events) => {
    const deltas = events.flatMap((event) => list(event.choices).map((choice) => choice.delta as Json));
    const calls = new Map<number, { id: string; name: string; text: string }>();
    for (const part of deltas.flatMap((delta) => list(delta.tool_calls))) {
      const call = calls.get(part.index as number) ?? { id: "", name: "", text: "" };
      const made = (part.function ?? {}) as Json;
      call.id ||= String(part.id ?? "");
      call.name ||= String(made.name ?? "");
      call.text += String(made.arguments ?? "");
      calls.set(part.index as number, call);
    }
    return {
      text: deltas.map((delta) => delta.content ?? "").join(""),
      calls: [...calls.values()].map(({ id, name, text }) => [id, name, parse(text)]),
    };
  },
  follow: (body, answer, results) => ({
    ...body,
    messages: [
      ...list(body.messages),
      list(answer.choices)[0]?.message as Json,
      ...results.map(([id, content]) => ({ role: "tool", tool_call_id: id, content })),
    ],
  }),
};

const messages: Caller = {
  path: "/ai/v1/messages",
  ask: (model, text, more = {}) => ({
    model,
    max_tokens: 500,
    system: "be brief",
    messages: [{ role: "user", content: text }],
    ...more,
  }),
  tools: { tools: [{ name: "weather", description: "Weather", input_schema: schema }] },
  read: (answer) => ({
    text: list(answer.content)
      .map((block) => block.text ?? "")
      .join(""),
    calls: list(answer.content).flatMap((block) =>
      block.type === "tool_use" ? [[block.id, block.name, block.input] as [string, string, unknown]] : [],
    ),
  }),
  readStream: (events) => {
    const blocks = new Map<number, Json & { json: string }>();
    for (const event of events) {
      if (event.type === "content_block_start") blocks.set(event.index as number, { ...(event.content_block as Json), json: "" });
      const block = blocks.get(event.index as number);
      const delta = event.delta as Json | undefined;
      if (block && delta?.type === "text_delta") block.text = `${block.text}${delta.text}`;
      if (block && delta?.type === "input_json_delta") block.json += delta.partial_json;
    }
    const all = [...blocks.values()];
    return {
      text: all.map((block) => block.text ?? "").join(""),
      calls: all.flatMap((block) =>
        block.type === "tool_use" ? [[block.id, block.name, parse(block.json)] as [string, string, unknown]] : [],
      ),
    };
  },
  follow: (body, answer, results) => ({
    ...body,
    messages: [
      ...list(body.messages),
      { role: "assistant", content: answer.content },
      { role: "user", content: results.map(([id, content]) => ({ type: "tool_result", tool_use_id: id, content })) },
    ],
  }),
};

const responses: Caller = {
  path: "/ai/v1/responses",
  ask: (model, text, more = {}) => ({
    model,
    instructions: "be brief",
    store: false,
    input: [{ role: "user", content: [{ type: "input_text", text }] }],
    ...more,
  }),
  tools: { tools: [{ type: "function", name: "weather", description: "Weather", parameters: schema }] },
  read: (answer) => ({
    text: list(answer.output)
      .flatMap((item) => (item.type === "message" ? list(item.content).map((part) => part.text) : []))
      .join(""),
    calls: list(answer.output).flatMap((item) =>
      item.type === "function_call" ? [[item.call_id, item.name, parse(item.arguments)] as [string, string, unknown]] : [],
    ),
  }),
  readStream: (events) => responses.read(events.find((event) => event.type === "response.completed")?.response as Json),
  follow: (body, answer, results) => ({
    ...body,
    input: [
      ...list(body.input),
      ...list(answer.output),
      ...results.map(([id, output]) => ({ type: "function_call_output", call_id: id, output })),
    ],
  }),
};

export const callers = { chat, messages, responses };
