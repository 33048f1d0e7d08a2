/** The AI gateway's streams against a provider that misbehaves: what is passed on, when it ends, and what is known of it afterwards. */

import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  anthropicEvents,
  chatBody,
  chatChunk,
  chatEvents,
  chatUsage,
  event,
  json,
  openStream,
  pause,
  reset,
  sendEvents,
} from "../fakes/upstream.ts";
import { type GatewayWorld, rawPost, startGateway } from "../support/gateway.ts";

let world: GatewayWorld;
beforeAll(async () => {
  world = await startGateway();
});
afterAll(() => world?.dispose());
beforeEach(() => world.upstream.reset());

const chat = { model: "gpt-test", stream: true, messages: [{ role: "user", content: "hi" }] };
const messages = { model: "claude-test", max_tokens: 100, stream: true, messages: [{ role: "user", content: "hi" }] };
/** Whether the caller asks for usage decides who carries the bytes: the platform alone, or we, who take the extra chunk out again. */
const both = [
  ["carried by the platform", { ...chat, stream_options: { include_usage: true } }],
  ["passed on piece by piece", chat],
] as const;
const raw = (path: string, body: unknown) =>
  rawPost(world.base, path, JSON.stringify(body), { "cf-aig-authorization": `Bearer ${world.token}` });
const words = Array.from({ length: 40 }, (_, index) => `w${index} `);

describe("point 1, buffering", () => {
  test.each(both)(
    "point 1: %s, paced chunks arrive one by one, uncompressed, with the headers that keep proxies from holding them",
    async (_, body) => {
      world.upstream.answer(async (response) => {
        openStream(response);
        for (const one of chatEvents(words)) {
          response.write(one);
          await pause(20);
        }
        response.end();
      });
      const response = await world.post("/openai/chat/completions", body, { "accept-encoding": "gzip" });
      expect(response.headers.get("x-accel-buffering")).toBe("no");
      expect(response.headers.get("cache-control")).toContain("no-transform");
      expect(response.headers.get("content-encoding")).toBeNull();
      const decoder = new TextDecoder();
      let arrivals = 0;
      let text = "";
      for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
        arrivals += 1;
        text += decoder.decode(chunk, { stream: true });
      }
      // Held back, they would come together.
      expect(arrivals).toBeGreaterThan(words.length * 0.8);
      expect(text.match(/"content":"w/g)).toHaveLength(words.length);
      expect((await world.upstream.call(0)).headers["accept-encoding"]).toBe("identity");
    },
  );
});

describe("points 2 and 3, a caller who goes away", () => {
  const endless = () =>
    world.upstream.answer(async (response) => {
      openStream(response);
      while (!response.destroyed) {
        response.write(event(chatChunk("tick ")));
        await pause(20);
      }
    });

  const ways = ["resets", "half-closes and leaves"].flatMap((how) => both.map(([name, body]) => [how, name, body] as const));
  test.each(ways)("point 2: a caller who %s mid-stream, %s: the provider's stream is closed", async (how, _, body) => {
    endless();
    const caller = raw("/openai/v1/chat/completions", body);
    await caller.until((text) => text.includes("tick"));
    const call = await world.upstream.call(0);
    if (how === "resets") caller.socket.resetAndDestroy();
    else caller.socket.destroy();
    const left = performance.now();
    const { whole, at } = await call.closed;
    expect(whole).toBe(false);
    expect(at - left).toBeLessThan(5_000);
    // Unknown is not nothing: what was generated is estimated, marked so, and nothing stays reserved.
    const row = await world.settled(caller);
    expect(row).toMatchObject({ error: "ABORTED", estimated: true, status: 200 });
    expect(row.outputTokens).toBeGreaterThan(0);
  });

  test("point 3: before the first byte, not streaming, a reset reaches the provider", async () => {
    world.upstream.answer(() => {});
    const caller = raw("/openai/v1/chat/completions", { ...chat, stream: false });
    const call = await world.upstream.call(0);
    caller.socket.resetAndDestroy();
    expect((await call.closed).whole).toBe(false);
  });

  test("point 3: before the first byte, a caller who only half-closes is bounded by the time-out to the first byte", async () => {
    world.upstream.answer(() => {});
    const caller = rawPost(world.base, "/openai/v1/chat/completions", JSON.stringify({ ...chat, stream: false }), {
      "cf-aig-authorization": `Bearer ${world.token}`,
      "cf-aig-request-timeout": "400",
    });
    const call = await world.upstream.call(0);
    caller.socket.destroy();
    expect((await call.closed).whole).toBe(false);
  });
});

describe("point 4, no retry after the first delivered byte", () => {
  test("a stream that is cut is not begun again", async () => {
    world.upstream.answer(async (response) => {
      await sendEvents(response, anthropicEvents(words).slice(0, 8));
      await pause(50);
      reset(response);
    });
    const caller = rawPost(world.base, "/anthropic/v1/messages", JSON.stringify(messages), {
      "cf-aig-authorization": `Bearer ${world.token}`,
      "cf-aig-max-attempts": "5",
      "cf-aig-retry-delay": "1",
    });
    await caller.over;
    expect(caller.text().match(/message_start"/g)?.length).toBe(1);
    expect(world.upstream.calls).toHaveLength(1);
  });
});

describe("point 5, the first meaningful event", () => {
  test("an error frame in a 200 becomes its real status, and the body says what the provider said", async () => {
    world.upstream.answer(async (response) => {
      await sendEvents(response, [
        event({ type: "ping" }, "ping"),
        event({ type: "error", error: { type: "overloaded_error", message: "Overloaded" } }, "error"),
      ]);
      response.end();
    });
    const response = await world.post("/anthropic/v1/messages", messages);
    expect(response.status).toBe(529);
    expect(await response.json()).toEqual({ type: "error", error: { type: "overloaded_error", message: "Overloaded" } });
  });

  test("an error frame or an empty stream is tried again, and only the good leg's opening is delivered", async () => {
    world.upstream.answer(async (response) => {
      const n = world.upstream.calls.length;
      if (n === 1)
        await sendEvents(response, [
          anthropicEvents([])[0] as string,
          event({ type: "error", error: { type: "api_error", message: "x" } }, "error"),
        ]);
      else if (n === 2) openStream(response);
      else await sendEvents(response, anthropicEvents(["fine"]));
      response.end();
    });
    const response = await world.post("/anthropic/v1/messages", messages, {
      "cf-aig-max-attempts": "3",
      "cf-aig-retry-delay": "1",
    });
    expect(response.status).toBe(200);
    const text = await response.text();
    expect(text.match(/event: message_start/g)).toHaveLength(1);
    expect(text).toContain("fine");
    expect(world.upstream.calls).toHaveLength(3);
  });

  test("an empty stream alone is a 502 with its cause", async () => {
    world.upstream.answer((response) => {
      openStream(response);
      response.end();
    });
    const response = await world.post("/openai/chat/completions", chat);
    expect(response.status).toBe(502);
    expect(JSON.stringify(await response.json())).toContain("empty answer");
  });
});

describe("point 6, a cut in the middle", () => {
  test.each(both)(
    "point 6: %s, all received bytes are delivered, then the transfer breaks: no clean end, no [DONE]",
    async (_, body) => {
      world.upstream.answer(async (response) => {
        await sendEvents(response, chatEvents(words).slice(0, 12), 2);
        await pause(50);
        reset(response);
      });
      const caller = raw("/openai/v1/chat/completions", { ...body, model: "gpt-5-mini" });
      const { clean } = await caller.over;
      expect(clean).toBe(false);
      expect(caller.text().match(/"content":"w/g)).toHaveLength(11);
      expect(caller.text()).not.toContain("[DONE]");
      const row = await world.settled(caller);
      expect(row).toMatchObject({ error: "PROVIDER_CUT", estimated: true, status: 200, stream: true });
      expect(row.inputTokens).toBeGreaterThan(0);
      expect(row.outputTokens).toBeGreaterThan(0);
      expect(row.costUsd).toBeGreaterThan(0);
    },
  );
});

describe("points 7 to 9, what was used", () => {
  test("point 7: usage is asked for where the caller did not, and the extra chunk is taken out again", async () => {
    world.upstream.answer(async (response) => {
      await sendEvents(response, chatEvents(["a", "b"]));
      response.end();
    });
    const response = await world.post("/openai/chat/completions", chat);
    const text = await response.text();
    const call = await world.upstream.call(0);
    expect(call.json).toEqual({ stream_options: { include_usage: true }, ...chat });
    expect(text).toBe([...chatEvents(["a", "b"]).slice(0, -2), event("[DONE]")].join(""));
    const asked = await world.post("/openai/chat/completions", { ...chat, stream_options: { include_usage: true } });
    expect(await asked.text()).toBe(chatEvents(["a", "b"]).join(""));
  });

  test("point 7: usage that shares a chunk with choices stays", async () => {
    const shared = event({ ...chatChunk("last"), usage: chatUsage });
    world.upstream.answer(async (response) => {
      await sendEvents(response, [event(chatChunk("first")), shared, event("[DONE]")]);
      response.end();
    });
    const response = await world.post("/openai/chat/completions", chat);
    expect(await response.text()).toContain(shared);
  });

  test("a whole answer says its cost in its headers", async () => {
    world.upstream.answer((response) => json(response, { ...chatBody(), model: "gpt-5-mini" }));
    const response = await world.post("/openai/chat/completions", { ...chat, model: "gpt-5-mini", stream: false });
    expect(Number(response.headers.get("x-moltworker-cost-usd"))).toBeGreaterThan(0);
    expect(response.headers.get("cf-aig-log-id")).toMatch(/^gw_/);
    expect(response.headers.get("cf-aig-step")).toBe("0");
    expect(response.headers.get("cf-aig-cache-status")).toBe("MISS");
    expect(await response.json()).toMatchObject({ usage: chatUsage });
  });
});
