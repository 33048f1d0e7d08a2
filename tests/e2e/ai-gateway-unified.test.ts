/** Point 11: a caller's dialect against providers of every dialect. What is said arrives, what cannot be carried over is named. */

import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type FakeProvider, startFakeProvider } from "../fakes/provider.ts";
import { type GatewayWorld, startGateway } from "../support/gateway.ts";

let world: GatewayWorld;
let provider: FakeProvider;
beforeAll(async () => {
  provider = await startFakeProvider();
  world = await startGateway({
    OPENAI_BASE_URL: `${provider.url}/v1`,
    ANTHROPIC_BASE_URL: `${provider.url}/v1`,
    GEMINI_BASE_URL: `${provider.url}/v1beta`,
    GROQ_API_KEY: "gsk-stored",
    GROQ_BASE_URL: `${provider.url}/v1`,
  });
});
afterAll(async () => {
  await world?.dispose();
  await provider?.close();
});
beforeEach(() => void provider.requests.splice(0));

type Json = Record<string, unknown>;
const models = ["openai/gpt-test", "anthropic/claude-test", "google/gemini-test", "groq/llama-test"];
const picture = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const schema = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };

interface Caller {
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

const parse = (text: unknown) => JSON.parse(String(text)) as unknown;
const list = (value: unknown) => (Array.isArray(value) ? (value as Json[]) : []);

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

const callers = { chat, messages, responses };
const combinations = Object.keys(callers).flatMap((name) =>
  models.map((model) => [name as keyof typeof callers, model] as const),
);

async function ask(caller: Caller, body: Json): Promise<Json> {
  const response = await world.post(caller.path, body);
  const json = (await response.json()) as Json;
  expect(response.status, JSON.stringify(json)).toBe(200);
  return json;
}

async function askStream(caller: Caller, body: Json): Promise<{ events: Json[]; text: string }> {
  const response = await world.post(caller.path, { ...body, stream: true });
  const text = await response.text();
  expect(response.status, text).toBe(200);
  const data = text.split("\n").filter((line) => line.startsWith("data: {"));
  return { events: data.map((line) => parse(line.slice(6)) as Json), text };
}

describe.each(combinations)("%s to %s", (name, model) => {
  const caller = callers[name];

  test("text, whole and streamed, with what it used", async () => {
    const body = caller.ask(model, "[[say: grüße 🙂]]");
    const answer = await ask(caller, body);
    expect(caller.read(answer)).toEqual({ text: "grüße 🙂", calls: [] });
    expect(JSON.stringify(answer.usage)).toMatch(/"(prompt|input)_tokens":[1-9]/);
    const { events, text } = await askStream(caller, body);
    expect(caller.readStream(events)).toEqual({ text: "grüße 🙂", calls: [] });
    if (name === "chat") expect(text).toMatch(/data: \[DONE\]\s*$/);
    expect(provider.requests.map((request) => JSON.stringify(request.body)).join()).toContain("be brief");
  });

  test("parallel tool calls, whole and streamed, and their results on the way back", async () => {
    const body = caller.ask(
      model,
      '[[tool: weather {"city":"Oslo"}]] [[tool: weather {"city":"Rome"}]] [[then]] [[say: done]]',
      caller.tools,
    );
    const streamed = caller.readStream((await askStream(caller, body)).events);
    expect(streamed.calls.map(([, tool, input]) => [tool, input])).toEqual([
      ["weather", { city: "Oslo" }],
      ["weather", { city: "Rome" }],
    ]);
    const answer = await ask(caller, body);
    const { calls } = caller.read(answer);
    expect(calls.map(([, tool, input]) => [tool, input])).toEqual([
      ["weather", { city: "Oslo" }],
      ["weather", { city: "Rome" }],
    ]);
    expect(new Set(calls.map(([id]) => id)).size).toBe(2);
    const last = await ask(
      caller,
      caller.follow(
        body,
        answer,
        calls.map(([id], index) => [id, `result ${index}`]),
      ),
    );
    expect(caller.read(last).text).toContain("done");
    const sent = JSON.stringify(provider.requests.at(-1)?.body);
    for (const word of ["result 0", "result 1", "Oslo", "Rome"]) expect(sent).toContain(word);
  });

  test("a refusal of the provider keeps its status and its words, in the caller's dialect", async () => {
    const response = await world.post(caller.path, caller.ask(model, "[[fault: 400]]"));
    const body = (await response.json()) as Json;
    expect(response.status).toBe(400);
    expect((body.error as Json).message).toContain("the fake provider refused it");
  });

  test("an answer that is cut has no end", async () => {
    const body = caller.ask(model, "[[tokens: 60]] [[delay: 1]] [[fault: cut]]");
    const response = await world.post(caller.path, { ...body, stream: true });
    let text = "";
    const decoder = new TextDecoder();
    try {
      for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>)
        text += decoder.decode(chunk, { stream: true });
      expect(text).toContain("error");
    } catch {
      // A broken transfer is as clear.
    }
    expect(text).not.toMatch(/\[DONE\]|message_stop|response\.completed/);
  });
});

describe("pictures, formats and what is not carried over", () => {
  test.each(models)("a picture reaches %s", async (model) => {
    const url = `data:image/png;base64,${picture}`;
    const content = [
      { type: "text", text: "[[say: seen]]" },
      { type: "image_url", image_url: { url } },
    ];
    expect(chat.read(await ask(chat, { model, messages: [{ role: "user", content }] })).text).toBe("seen");
    expect(JSON.stringify(provider.requests.at(-1)?.body)).toContain(picture);
    const source = { type: "base64", media_type: "image/png", data: picture };
    await ask(messages, {
      model,
      max_tokens: 50,
      messages: [
        {
          role: "user",
          content: [
            { type: "image", source },
            { type: "text", text: "[[say: seen]]" },
          ],
        },
      ],
    });
    expect(JSON.stringify(provider.requests.at(-1)?.body)).toContain(picture);
    await ask(responses, {
      model,
      input: [
        {
          role: "user",
          content: [
            { type: "input_image", image_url: url },
            { type: "input_text", text: "[[say: seen]]" },
          ],
        },
      ],
    });
    expect(JSON.stringify(provider.requests.at(-1)?.body)).toContain(picture);
  });

  test("structured output reaches Google and Anthropic with its schema", async () => {
    const format = { response_format: { type: "json_schema", json_schema: { name: "place", schema } } };
    for (const model of ["google/gemini-test", "anthropic/claude-test"]) {
      await world.post(chat.path, chat.ask(model, "[[say: {}]]", format));
      expect(JSON.stringify(provider.requests.at(-1)?.body)).toContain('"city"');
    }
  });

  test.each([
    ["chat", "anthropic/claude-test", { logit_bias: { "1": 2 } }, "logit_bias"],
    ["chat", "google/gemini-test", { n: 2 }, "n"],
    ["messages", "openai/gpt-test", { mcp_servers: [{ url: "x" }] }, "mcp_servers"],
    ["responses", "anthropic/claude-test", { previous_response_id: "resp_1" }, "previous_response_id"],
    ["responses", "google/gemini-test", { tools: [{ type: "web_search" }] }, "tools.0.type"],
  ] as const)("%s to %s: %j is refused by name", async (name, model, more, field) => {
    const response = await world.post(callers[name].path, callers[name].ask(model, "hi", more));
    expect(response.status).toBe(400);
    expect(await response.text()).toContain(`${field}:`);
    expect(provider.requests).toHaveLength(0);
  });

  test("what an upstream leaves out is a warning in a header", async () => {
    const response = await world.post(chat.path, chat.ask("anthropic/claude-test", "[[say: x]]", { seed: 5 }));
    expect(response.headers.get("x-moltworker-warning")).toContain("seed");
  });

  test("signatures of thoughts come back to the provider that made them", async () => {
    const first = await ask(
      chat,
      chat.ask("anthropic/claude-test", "[[think: deep]] [[say: out]]", { reasoning_effort: "high" }),
    );
    const message = (list(first.choices)[0]?.message ?? {}) as Json;
    expect(message.reasoning_content).toBe("deep");
    await ask(chat, {
      model: "anthropic/claude-test",
      messages: [{ role: "user", content: "q" }, message, { role: "user", content: "[[say: y]]" }],
    });
    expect(JSON.stringify(provider.requests.at(-1)?.body)).toContain('"signature"');
  });

  test("/compat wants the provider's name before the model, and takes it", async () => {
    const bare = await world.post("/compat/chat/completions", chat.ask("gpt-test", "hi"));
    expect([bare.status, ((await bare.json()) as Json).internalCode]).toEqual([400, 2019]);
    const good = await world.post(
      "/v1/acc/default/compat/chat/completions",
      chat.ask("google-ai-studio/gemini-test", "[[say: ok]]"),
    );
    expect(chat.read((await good.json()) as Json).text).toBe("ok");
    const cannot = await world.post("/ai/v1/chat/completions", chat.ask("deepgram/nova", "hi"));
    expect([cannot.status, ((await cannot.json()) as Json).internalCode]).toEqual([400, 2008]);
  });
});
