/** The gateway against a server that speaks the real wire formats, through the real SDKs. */

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { callFor, collect, createHarness } from "../../../../tests/fakes/gateway-harness.ts";
import { type FakeProvider, startFakeProvider } from "../../../../tests/fakes/provider.ts";
import { invalidArgumentsOf } from "../agent/invalid-arguments.ts";
import type { LogPart } from "../agent/log-entry.ts";
import type { ModelEvent } from "../agent/model.ts";

const key = "fake-key-0123456789";
let fake: FakeProvider;
beforeAll(async () => {
  fake = await startFakeProvider({ apiKey: key });
});
afterAll(() => fake.close());

const dialects = [
  { name: "anthropic", ref: "anthropic/claude-sonnet-5", path: "/v1", wire: "anthropic" },
  { name: "responses", ref: "openai/gpt-6-sol", path: "/v1/responses", wire: "responses" },
  { name: "chat completions at a moved OpenAI address", ref: "openai/local-model", path: "/v1", wire: "chat" },
  { name: "google", ref: "google/gemini-3.8-flash", path: "/v1beta", wire: "google" },
  { name: "chat completions", ref: "groq/openai/gpt-oss-120b", path: "/v1", wire: "chat" },
] as const;

const providerOf = (ref: string) => ref.slice(0, ref.indexOf("/"));

function harnessFor({ ref, path }: { ref: string; path: string }, more: Parameters<typeof createHarness>[0] = {}) {
  const provider = providerOf(ref);
  return createHarness({ keys: { [provider]: key }, providers: { [provider]: { baseUrl: fake.url + path } }, ...more });
}

type Finish = Extract<ModelEvent, { type: "finish" }>;
const finishOf = (events: ModelEvent[]) => events.at(-1) as Finish;
const callsIn = (content: LogPart[]) =>
  content.filter((part): part is Extract<LogPart, { type: "toolCall" }> => part.type === "toolCall");

describe.each(dialects)("$name", (dialect) => {
  test("streams thinking, text and parallel tool calls, and reports usage", async () => {
    const { gateway, rows, outbound } = harnessFor(dialect);
    const text = `${dialect.name}: [[think: I consider]] [[say: I look]] [[tool: read {"path":"a.md"}]] [[tool: ls {}]]`;
    const { events, error } = await collect(
      gateway.stream(callFor(dialect.ref, text, { thinking: "medium", tools: ["read", "ls"] })),
    );
    expect(error).toBeUndefined();
    const finish = finishOf(events);
    const deltas = (type: "text" | "thinking") => events.flatMap((event) => (event.type === type ? [event.delta] : []));
    expect(deltas("text").length).toBeGreaterThan(1);
    expect(deltas("text").join("")).toBe("I look");
    expect(deltas("thinking").join("")).toBe("I consider");
    expect(finish.content.map((part) => part.type)).toEqual(["thinking", "text", "toolCall", "toolCall"]);
    expect(callsIn(finish.content).map((call) => [call.name, call.arguments])).toEqual([
      ["read", { path: "a.md" }],
      ["ls", {}],
    ]);
    const announced = events.flatMap((event) => (event.type === "tool-start" ? [event.toolCallId] : []));
    expect(announced).toEqual(callsIn(finish.content).map((call) => call.id));
    expect(finish.stopReason).toBe("toolUse");
    expect(finish.usage).toMatchObject({ estimated: false, totalTokens: finish.usage.input + finish.usage.output });
    const request = fake.requests.find((one) => one.lastUserText === text);
    expect(request).toMatchObject({
      dialect: dialect.wire,
      keyOk: true,
      keyInUrl: false,
      model: dialect.ref.slice(dialect.ref.indexOf("/") + 1),
      tools: ["read", "ls"],
    });
    expect(rows).toMatchObject([{ outcome: "ok", attempt: 1, usage: finish.usage, sessionKey: "agent:main:main" }]);
    expect(outbound.every(({ policy }) => policy.named === true)).toBe(true);
  });

  test("gives usage with cache and reasoning, and estimates what is not reported", async () => {
    const { gateway } = harnessFor(dialect);
    const reported = `usage ${dialect.name}`;
    fake.script((request) => {
      if (request.lastUserText === reported)
        return { text: "ok now", usage: { input: 1_000, output: 50, cacheRead: 600, reasoning: 20 } };
      return request.lastUserText === `no ${reported}` ? { text: "ok now", usage: null } : undefined;
    });
    const known = finishOf((await collect(gateway.stream(callFor(dialect.ref, reported)))).events).usage;
    expect(known).toMatchObject({ input: 1_000, output: 50, cacheRead: 600, estimated: false });
    if (dialect.wire !== "anthropic") {
      expect(known.reasoning).toBe(20);
      const guessed = finishOf((await collect(gateway.stream(callFor(dialect.ref, `no ${reported}`)))).events).usage;
      expect(guessed.estimated).toBe(true);
      expect(guessed.input).toBeGreaterThan(3);
      expect(guessed.output).toBe(2);
    }
    fake.script(undefined);
  });

  test("reports why an answer ended early", async () => {
    const { gateway } = harnessFor(dialect);
    fake.script((request) =>
      request.lastUserText === `short ${dialect.name}` ? { text: "half an", finish: "length" } : undefined,
    );
    const { events } = await collect(gateway.stream(callFor(dialect.ref, `short ${dialect.name}`)));
    expect(finishOf(events).stopReason).toBe("length");
    fake.script(undefined);
  });
});

describe("tool calls", () => {
  const groq = { ref: "groq/m", path: "/v1" };

  test("arguments that are no JSON object become an empty, marked call", async () => {
    const { gateway } = harnessFor(groq);
    fake.script(() => ({
      toolCalls: [
        { name: "read", arguments: '{"path": "a' },
        { name: "ls", arguments: "" },
        { name: "x", arguments: "[1]" },
      ],
    }));
    const { events } = await collect(gateway.stream(callFor(groq.ref, "broken arguments", { tools: ["read"] })));
    fake.script(undefined);
    const [broken, empty, list] = callsIn(finishOf(events).content);
    expect(broken?.arguments).toEqual({});
    expect(broken && invalidArgumentsOf(broken)).toBe('{"path": "a');
    expect(empty && invalidArgumentsOf(empty)).toBeUndefined();
    expect(list && invalidArgumentsOf(list)).toBe("[1]");
  });

  test("an id that the conversation or this answer has already is replaced", async () => {
    const { gateway } = harnessFor(groq);
    fake.script(() => ({
      toolCalls: [
        { id: "call_0", name: "read", arguments: {} },
        { id: "call_1", name: "read", arguments: {} },
        { id: "call_1", name: "ls", arguments: {} },
      ],
    }));
    const call = callFor(groq.ref, "again");
    call.request.prompt.push(
      { role: "assistant", content: [{ type: "tool-call", toolCallId: "call_0", toolName: "read", input: {} }] },
      {
        role: "tool",
        content: [{ type: "tool-result", toolCallId: "call_0", toolName: "read", output: { type: "text", value: "x" } }],
      },
    );
    const { events } = await collect(gateway.stream(call));
    fake.script(undefined);
    const ids = callsIn(finishOf(events).content).map((one) => one.id);
    expect(new Set(ids).size).toBe(3);
    expect(ids[0]).not.toBe("call_0");
    expect(ids[1]).toBe("call_1");
    const announced = events.flatMap((event) => (event.type === "tool-start" ? [event.toolCallId] : []));
    expect(announced.sort()).toEqual([...ids].sort());
  });
});

describe("keys and addresses", () => {
  test("are read at the moment of use", async () => {
    const { gateway, secrets, settings } = createHarness({
      keys: { groq: "old-key-000" },
      providers: { groq: { baseUrl: `${fake.url}/v1` } },
    });
    const first = await collect(gateway.stream(callFor("groq/m", "hello")));
    expect(first.error).toMatchObject({ code: "PROVIDER_KEY_REJECTED" });
    expect(gateway.providerStatuses().find((status) => status.id === "groq")).toMatchObject({
      state: "rejected",
      lastError: { code: "PROVIDER_KEY_REJECTED" },
    });
    secrets.set("provider.groq.key", key, "typed");
    expect(gateway.providerStatuses().find((status) => status.id === "groq")).toMatchObject({
      state: "ready",
      keySource: "typed",
    });
    expect((await collect(gateway.stream(callFor("groq/m", "hello")))).error).toBeUndefined();
    settings.providers.groq = { baseUrl: `${fake.url}/other/v1` };
    await collect(gateway.stream(callFor("groq/m", "moved")));
    expect(fake.requests.at(-1)?.path).toBe("/other/v1/chat/completions");
  });

  test("a missing key and an unknown provider are named before anything is sent", async () => {
    const { gateway, outbound } = createHarness();
    expect((await collect(gateway.stream(callFor("anthropic/claude-sonnet-5", "hi")))).error).toMatchObject({
      code: "PROVIDER_KEY_MISSING",
      message: "Anthropic has no key",
    });
    expect((await collect(gateway.stream(callFor("nobody/x", "hi")))).error).toMatchObject({ code: "MODEL_UNKNOWN" });
    expect((await collect(gateway.stream(callFor("openai-compatible/x", "hi")))).error).toMatchObject({ code: "MODEL_UNKNOWN" });
    expect(() => gateway.describe("no-slash")).toThrow(expect.objectContaining({ code: "MODEL_UNKNOWN" }));
    expect(outbound.filter(({ url }) => url.includes("anthropic"))).toEqual([]);
  });

  test("default public addresses are not marked as named", async () => {
    const { gateway, outbound } = createHarness({
      keys: { anthropic: key },
      fetch: () => Promise.reject(new TypeError("fetch failed")),
      limits: { maxTries: 1 },
    });
    const { error } = await collect(gateway.stream(callFor("anthropic/claude-sonnet-5", "hi")));
    expect(error).toMatchObject({ code: "PROVIDER_UNAVAILABLE", message: "Anthropic could not be reached at api.anthropic.com" });
    expect(outbound.find(({ url }) => url.startsWith("https://api.anthropic.com/v1/messages"))?.policy).toEqual({ named: false });
  });
});

test("Anthropic's cache marks stand after the system text and the last message", async () => {
  const { gateway } = harnessFor({ ref: "anthropic/claude-sonnet-5", path: "" });
  await collect(gateway.stream(callFor("anthropic/claude-sonnet-5", "cache marks")));
  const body = JSON.stringify(fake.requests.at(-1)?.body);
  expect(fake.requests.at(-1)?.path).toBe("/v1/messages");
  expect(body.match(/"cache_control":\{"type":"ephemeral"\}/g)).toHaveLength(2);
});

test("Anthropic is asked for no more than fits beside a long conversation, thinking included", async () => {
  const { gateway } = harnessFor({ ref: "anthropic/x", path: "/v1" });
  await collect(gateway.stream(callFor("anthropic/claude-haiku-4-5", "room", { thinking: "high" })));
  expect(Number(fake.requests.at(-1)?.body.max_tokens)).toBeLessThanOrEqual(200_000 * 0.3);
});

test("costs come from the price tables; unknown models have none; local ones are free", async () => {
  const usage = { input: 1_000_000, output: 0 };
  fake.script(() => ({ text: "a b", usage }));
  const anthropic = harnessFor({ ref: "anthropic/x", path: "/v1" });
  expect(
    finishOf((await collect(anthropic.gateway.stream(callFor("anthropic/claude-haiku-4-5", "cost")))).events).usage.cost,
  ).toEqual({ total: 1 });
  expect(
    finishOf((await collect(anthropic.gateway.stream(callFor("anthropic/never-heard-of", "cost")))).events).usage.cost,
  ).toBeNull();
  const ollama = harnessFor({ ref: "ollama/x", path: "/v1" });
  expect(finishOf((await collect(ollama.gateway.stream(callFor("ollama/llama", "cost")))).events).usage.cost).toEqual({
    total: 0,
  });
  fake.script(undefined);
});

describe("several keys of one provider", () => {
  test("goes on with the next key at once when one is refused, and gives up when all are", async () => {
    const used: string[] = [];
    const harness = createHarness({
      keys: { openai: "sk-one" },
      providers: { openai: { baseUrl: `${fake.url}/v1` } },
      fetch: (url, init) => {
        const shown = new Headers(init?.headers).get("authorization") ?? "";
        used.push(shown.replace("Bearer ", ""));
        if (shown !== `Bearer ${key}`) return Promise.resolve(new Response('{"error":{"message":"bad key"}}', { status: 401 }));
        return fetch(url, init);
      },
    });
    harness.secrets.set("provider.openai.key.second", "sk-two", "typed");
    const all = await collect(harness.gateway.stream(callFor("openai/fake-large", "hello")));
    expect(all.error).toMatchObject({ code: "PROVIDER_KEY_REJECTED" });
    expect([...used].sort()).toEqual(["sk-one", "sk-two"]);
    harness.secrets.set("provider.openai.key.third", key, "typed");
    expect((await collect(harness.gateway.stream(callFor("openai/fake-large", "hello")))).error).toBeUndefined();
    expect(used.at(-1)).toBe(key);
  });
});
