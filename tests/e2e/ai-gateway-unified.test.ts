/** Point 11: a caller's dialect against providers of every dialect. What is said arrives, what cannot be carried over is named. */

import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type FakeProvider, startFakeProvider } from "../fakes/provider.ts";
import { type GatewayWorld, startGateway } from "../support/gateway.ts";
import { type Caller, callers, type Json, list, parse, schema } from "../support/unified-callers.ts";

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

const models = ["openai/gpt-test", "anthropic/claude-test", "google/gemini-test", "groq/llama-test"];
const picture = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const { chat, messages, responses } = callers;
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

  test.each(models)("a picture named by its address reaches %s as that address", async (model) => {
    const url = "https://pictures.example/cat.png";
    const text = "[[say: seen]]";
    const wishes: [Caller, Json][] = [
      [
        chat,
        {
          messages: [
            {
              role: "user",
              content: [
                { type: "text", text },
                { type: "image_url", image_url: { url } },
              ],
            },
          ],
        },
      ],
      [
        messages,
        {
          max_tokens: 50,
          messages: [
            {
              role: "user",
              content: [
                { type: "image", source: { type: "url", url } },
                { type: "text", text },
              ],
            },
          ],
        },
      ],
      [
        responses,
        {
          input: [
            {
              role: "user",
              content: [
                { type: "input_image", image_url: url },
                { type: "input_text", text },
              ],
            },
          ],
        },
      ],
    ];
    for (const [caller, body] of wishes) {
      await ask(caller, { model, ...body });
      expect(JSON.stringify(provider.requests.at(-1)?.body)).toContain(url);
    }
  });

  test.each(["chat", "messages", "responses"] as const)(
    "a Gemini thought's signature comes back through %s with its call",
    async (name) => {
      const caller = callers[name];
      const model = "google/gemini-test";
      const prompt = '[[tool: weather {"city":"Oslo"}]] [[then]] [[say: done]]';
      const body = caller.ask(model, prompt, caller.tools);
      const answer = await ask(caller, body);
      const signed = provider.requests.at(-1)?.index;
      const [call] = caller.read(answer).calls;
      await ask(caller, caller.follow(body, answer, [[call?.[0] ?? "", "sun"]]));
      const sent = JSON.stringify(provider.requests.at(-1)?.body);
      expect(sent).toContain(`"thoughtSignature":"${Buffer.from(`signed-${signed}-0`).toString("base64")}"`);
    },
  );

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
