/** The AI gateway against providers and callers at the edges of the protocol: connections that end early, codings, sizes, numbers of refusals. */

import { readFileSync } from "node:fs";
import { brotliCompressSync, gzipSync, zstdCompressSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { anthropicEvents, chatBody, chatEvents, chatUsage, event, json, sendEvents } from "../fakes/upstream.ts";
import { type GatewayWorld, startGateway } from "../support/gateway.ts";

let world: GatewayWorld;
beforeAll(async () => {
  world = await startGateway();
});
afterAll(() => world?.dispose());
beforeEach(async () => {
  world.upstream.reset();
  world.upstream.answer((response) => json(response, chatBody()));
  await world.call("gateway.breakers.clear");
});

const chat = { model: "gpt-5-mini", messages: [{ role: "user", content: "hi" }] };
const body = async (response: Response) => (await response.json()) as Record<string, unknown>;

describe("point 3, a provider who hangs up before the first byte", () => {
  test.each([
    ["closes", (socket: { end(): void }) => socket.end()],
    ["resets", (socket: { resetAndDestroy(): void }) => socket.resetAndDestroy()],
  ])("%s: the call is tried again at once and does not wait for a time-out", async (_, hangUp) => {
    await world.set({ gateway: { timeouts: { firstByte: 30 } } });
    world.upstream.answer((response) => {
      if (world.upstream.calls.length < 3) hangUp(response.socket as never);
      else json(response, chatBody());
    });
    const began = performance.now();
    const response = await world.post("/openai/chat/completions", chat, {
      "cf-aig-max-attempts": "3",
      "cf-aig-retry-delay": "1",
    });
    expect([response.status, await body(response)]).toEqual([200, chatBody()]);
    expect(world.upstream.calls).toHaveLength(3);
    // The only bound is the time-out that must not be waited for.
    expect(performance.now() - began).toBeLessThan(25_000);
    const row = await world.settled(response);
    expect(row.attempts.map(({ status }) => status)).toEqual([0, 0, 200]);
    const alone = await world.post("/openai/chat/completions", { ...chat, model: "gpt-alone" });
    expect(alone.status).toBe(200);
    world.upstream.answer((gone) => hangUp(gone.socket as never));
    const refused = await world.post("/openai/chat/completions", chat);
    expect([refused.status, refused.headers.get("x-moltworker-code")]).toEqual([502, "PROVIDER_UNAVAILABLE"]);
    await world.set({ gateway: { timeouts: null } });
  });
});

const chatDetails = {
  prompt_tokens: 1_000,
  completion_tokens: 300,
  total_tokens: 1_300,
  prompt_tokens_details: { cached_tokens: 600 },
  completion_tokens_details: { reasoning_tokens: 200 },
};
const messageUsage = { input_tokens: 300, cache_read_input_tokens: 600, cache_creation_input_tokens: 100, output_tokens: 300 };
const googleUsage = {
  promptTokenCount: 1_000,
  cachedContentTokenCount: 600,
  candidatesTokenCount: 100,
  thoughtsTokenCount: 200,
};
const responseUsage = {
  input_tokens: 1_000,
  input_tokens_details: { cached_tokens: 600 },
  output_tokens: 300,
  output_tokens_details: { reasoning_tokens: 200 },
};
const opening = anthropicEvents([]);
const dialects = {
  "Chat Completions": {
    path: () => "/openai/chat/completions",
    body: chat,
    whole: { ...chatBody(), usage: chatDetails },
    events: [...chatEvents(["a", "b"]).slice(0, -2), event({ choices: [], usage: chatDetails }), event("[DONE]")],
    write: 0,
    reasoning: 200,
  },
  Responses: {
    path: () => "/openai/responses",
    body: { model: "gpt-5-mini", input: "hi" },
    whole: { id: "resp_1", output: [], usage: responseUsage },
    events: [
      event({ type: "response.created", response: {} }, "response.created"),
      event({ type: "response.output_text.delta", delta: "a" }, "response.output_text.delta"),
      event({ type: "response.completed", response: { usage: responseUsage } }, "response.completed"),
    ],
    write: 0,
    reasoning: 200,
  },
  Messages: {
    path: () => "/anthropic/v1/messages",
    body: { ...chat, model: "claude-sonnet-4-5", max_tokens: 500 },
    whole: { id: "msg_1", content: [{ type: "text", text: "a" }], usage: messageUsage },
    events: [
      event({ type: "message_start", message: { usage: { ...messageUsage, output_tokens: 1 } } }, "message_start"),
      ...opening.slice(2, 3),
      event({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "a" } }, "content_block_delta"),
      event({ type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 300 } }, "message_delta"),
      event({ type: "message_stop" }, "message_stop"),
    ],
    write: 100,
    reasoning: 0,
  },
  Gemini: {
    path: (stream: boolean) =>
      `/google-ai-studio/v1beta/models/gemini-2.5-pro:${stream ? "streamGenerateContent?alt=sse" : "generateContent"}`,
    body: { contents: [{ role: "user", parts: [{ text: "hi" }] }] },
    whole: { candidates: [{ content: { parts: [{ text: "a" }] } }], usageMetadata: googleUsage },
    events: [
      event({ candidates: [{ content: { parts: [{ text: "a" }] } }], usageMetadata: { promptTokenCount: 1_000 } }),
      event({ candidates: [{ finishReason: "STOP" }], usageMetadata: googleUsage }),
    ],
    write: 0,
    reasoning: 200,
  },
};

describe("points 7 to 9, one call costs the same whole and streamed", () => {
  test.each(Object.entries(dialects))("%s", async (_, dialect) => {
    const rows = [];
    for (const stream of [false, true]) {
      world.upstream.answer(async (response) => {
        if (!stream) return json(response, dialect.whole);
        await sendEvents(response, dialect.events);
        response.end();
      });
      const wish = "contents" in dialect.body ? dialect.body : { ...dialect.body, stream };
      const response = await world.post(dialect.path(stream), wish);
      expect(response.status).toBe(200);
      await response.text();
      rows.push(await world.settled(response));
    }
    const counted = rows.map(({ inputTokens, outputTokens, cacheRead, cacheWrite, reasoningTokens, costUsd, estimated }) => {
      return { inputTokens, outputTokens, cacheRead, cacheWrite, reasoningTokens, costUsd, estimated };
    });
    expect(counted[0]).toEqual(counted[1]);
    expect(counted[0]).toMatchObject({
      inputTokens: 1_000,
      outputTokens: 300,
      cacheRead: 600,
      cacheWrite: dialect.write,
      reasoningTokens: dialect.reasoning,
      estimated: false,
    });
    expect(counted[0]?.costUsd).toBeGreaterThan(0);
  });

  test("cached tokens are priced apart", async () => {
    const cost = async (cached: number) => {
      world.upstream.answer((response) =>
        json(response, {
          ...chatBody(),
          usage: { ...chatUsage, prompt_tokens: 1_000, prompt_tokens_details: { cached_tokens: cached } },
        }),
      );
      const response = await world.post("/openai/chat/completions", chat);
      return (await world.settled(response)).costUsd as number;
    };
    expect(await cost(900)).toBeLessThan((await cost(0)) * 0.6);
  });
});

test("a conversation that breaks its cached prefix says at which byte and what it cost", async () => {
  const usage = { ...chatUsage, prompt_tokens: 4_000 };
  world.upstream.answer((response) => json(response, { ...chatBody(), usage }));
  const long = "The rules of this house. ".repeat(200);
  const ask = async (...texts: string[]) => {
    const messages = texts.map((content, index) => ({ role: index === 0 ? "system" : "user", content }));
    const response = await world.post("/openai/chat/completions", { ...chat, messages }, { "x-session-affinity": "house" });
    return (await world.settled(response)).prefixBreak;
  };
  expect(await ask(long, "one")).toBeNull();
  expect(await ask(long, "one", "two")).toBeNull();
  const broken = await ask(`${long.slice(0, 2_600)}!${long.slice(2_601)}`, "one", "two", "three");
  // Told to the piece of 256 bytes, counted from the beginning of the prompt.
  expect(broken?.atByte).toBeGreaterThan(2_300);
  expect(broken?.atByte).toBeLessThan(2_700);
  expect(broken?.costUsd).toBeGreaterThan(0);
});

describe("point 15, codings", () => {
  const codings = { gzip: gzipSync, br: brotliCompressSync, zstd: zstdCompressSync };

  test.each(Object.entries(codings))(
    "%s is read from a caller and from a provider, and a corrupt one is refused",
    async (name, pack) => {
      world.upstream.answer((response) => {
        response.writeHead(200, { "content-type": "application/json", "content-encoding": name });
        response.end(pack(JSON.stringify(chatBody("packed"))));
      });
      const send = (bytes: Uint8Array) =>
        world.post("/openai/chat/completions", "", { "content-encoding": name }, { body: bytes as BodyInit });
      const response = await send(pack(JSON.stringify(chat)));
      expect([response.status, await body(response)]).toEqual([200, chatBody("packed")]);
      expect((await world.upstream.call(0)).json).toEqual(chat);
      expect((await world.settled(response)).outputTokens).toBe(chatUsage.completion_tokens);
      expect((await send(Buffer.from("no such coding"))).status).toBe(400);
      world.upstream.answer((broken) => {
        broken.writeHead(200, { "content-type": "application/json", "content-encoding": name });
        broken.end(Buffer.concat([pack(JSON.stringify(chatBody("packed"))).subarray(0, 20), Buffer.from("broken")]));
      });
      expect((await world.post("/openai/chat/completions", chat)).status).toBe(502);
    },
  );
});

describe("point 16, a large body", () => {
  test("25 MB pass through without being held: four in a row let the process grow by less than three", async () => {
    const memory = () =>
      Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${world.server.pids.workerd}/status`, "utf8"))?.[1]) / 1_024;
    const picture = `data:image/png;base64,${"A".repeat(25 * 1_024 * 1_024)}`;
    const content = [{ type: "image_url", image_url: { url: picture } }];
    const large = JSON.stringify({ model: "gpt-5-mini", messages: [{ role: "user", content }] });
    const before = memory();
    let most = 0;
    const watch = setInterval(() => {
      most = Math.max(most, memory());
    }, 5);
    for (let count = 0; count < 4; count += 1) expect((await world.post("/openai/chat/completions", large)).status).toBe(200);
    clearInterval(watch);
    expect(world.upstream.calls.every(({ body: seen }) => seen.length === large.length)).toBe(true);
    expect(Math.max(most, memory()) - before).toBeLessThan(75);
  });
});

describe("point 21, the numbers of refusals", () => {
  const refusal = async (response: Response) => {
    const said = await body(response);
    return [response.status, said.name, said.internalCode, response.headers.get("x-moltworker-code")];
  };

  test("2003 for a limit, with the time to wait, and for a token's own; 2041 for a budget; 2005 where no key is", async () => {
    await world.set({ limits: { rates: { r: { scope: "token", unit: "requests", limit: 1, seconds: 60, window: "sliding" } } } });
    const { token } = await world.newToken("limited");
    const mine = { "cf-aig-authorization": `Bearer ${token}` };
    expect((await world.post("/openai/chat/completions", chat, mine)).status).toBe(200);
    const limited = await world.post("/openai/chat/completions", chat, mine);
    expect(Number(limited.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(await refusal(limited)).toEqual([429, "AiGatewayError", 2003, "RATE_LIMITED"]);
    await world.set({ limits: { rates: { r: null } } });

    const own = await world.newToken("own limit", { limits: { requestsPerMinute: 1 } });
    const theirs = { "cf-aig-authorization": `Bearer ${own.token}` };
    await world.post("/openai/chat/completions", chat, theirs);
    expect(await refusal(await world.post("/openai/chat/completions", chat, theirs))).toEqual([
      429,
      "AiGatewayError",
      2003,
      "RATE_LIMITED",
    ]);

    const poor = await world.newToken("poor", { limits: { budget: { usd: 0.000001, per: "day" } } });
    const calls = world.upstream.calls.length;
    const broke = await world.post("/openai/chat/completions", chat, { "cf-aig-authorization": `Bearer ${poor.token}` });
    expect(await refusal(broke)).toEqual([429, "AiGatewayError", 2041, "BUDGET_EXCEEDED"]);
    expect(world.upstream.calls).toHaveLength(calls);

    const keyless = await world.post("/groq/chat/completions", { ...chat, model: "llama" });
    expect(await refusal(keyless)).toEqual([401, "AiGatewayError", 2005, "PROVIDER_KEY_MISSING"]);
  });
});
