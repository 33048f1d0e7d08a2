/** The AI gateway's bounds against a recording provider: what is kept and for whom, how large and how long an exchange may be. */

import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { chatBody, chatEvents, json, openStream, pause, sendEvents } from "../fakes/upstream.ts";
import { type GatewayWorld, rawPost, startGateway } from "../support/gateway.ts";

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

const chat = { model: "gpt-test", messages: [{ role: "user", content: "hi" }] };
const _messages = { model: "claude-test", max_tokens: 100, messages: [{ role: "user", content: "hi" }] };
const body = async (response: Response) => (await response.json()) as Record<string, unknown>;

describe("point 14, the cache", () => {
  const cached = { "cf-aig-cache-ttl": "60" };
  const status = (response: Response) => response.headers.get("cf-aig-cache-status");

  test("a second identical call is a hit, whole and streamed; another tenant's is not, whatever key it names", async () => {
    const other = await world.newToken("other tenant", { tenant: "other" });
    for (const stream of [false, true]) {
      world.upstream.reset();
      world.upstream.answer(async (response) => {
        if (!stream) return json(response, chatBody());
        await sendEvents(response, chatEvents(["a", "b"]));
        response.end();
      });
      const ask = (headers: Record<string, string>) =>
        world.post("/openai/chat/completions", { ...chat, stream, seed: 1 }, headers);
      const first = await ask(cached);
      expect(status(first)).toBe("MISS");
      const text = await first.text();
      const second = await ask(cached);
      expect(status(second)).toBe("HIT");
      expect(second.headers.get("content-type")).toBe(stream ? "text/event-stream" : "application/json");
      expect(await second.text()).toBe(text);
      const foreign = await ask({ ...cached, "cf-aig-authorization": `Bearer ${other.token}` });
      expect(status(foreign)).toBe("MISS");
      await foreign.text();
      expect(world.upstream.calls).toHaveLength(2);
    }
    const key = { "cf-aig-cache-key": "shared", ...cached };
    await (await world.post("/openai/chat/completions", chat, key)).text();
    const named = await world.post("/openai/chat/completions", chat, { ...key, "cf-aig-authorization": `Bearer ${other.token}` });
    expect(status(named)).toBe("MISS");
  });

  test("errors, cut streams and streams without their end are never stored", async () => {
    const answers = [
      (response: Parameters<typeof json>[0]) => json(response, { error: { message: "no" } }, 400),
      async (response: Parameters<typeof json>[0]) => {
        await sendEvents(response, chatEvents(["a", "b"]).slice(0, 3));
        response.end();
      },
      async (response: Parameters<typeof json>[0]) => {
        await sendEvents(response, chatEvents(["a", "b"]).slice(0, 3));
        await pause(20);
        response.socket?.resetAndDestroy();
      },
    ];
    for (const [index, answer] of answers.entries()) {
      const ask = () =>
        world.post("/openai/chat/completions", { ...chat, stream: index > 0, seed: 100 + index }, cached).then((response) =>
          response.text().then(
            () => response,
            () => response,
          ),
        );
      world.upstream.answer(answer);
      await ask();
      world.upstream.answer((response) => json(response, chatBody()));
      expect(status(await ask())).toBe("MISS");
    }
  });

  test("identical calls at the same time are one", async () => {
    world.upstream.answer(async (response) => {
      await pause(150);
      json(response, chatBody("once"));
    });
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => world.post("/openai/chat/completions", { ...chat, seed: 7 }, cached).then(body)),
    );
    expect(new Set(answers.map((one) => JSON.stringify(one))).size).toBe(1);
    expect(world.upstream.calls).toHaveLength(1);
  });

  test("deny rules come before the cache", async () => {
    const ask = () => world.post("/openai/chat/completions", { ...chat, model: "gpt-denied" }, cached);
    await (await ask()).text();
    await world.set({ limits: { deny: { d: { model: "openai/gpt-denied" } } } });
    const refused = await ask();
    expect(refused.status).toBe(403);
    expect(JSON.stringify(await body(refused))).toContain("Access denied by policy");
    await world.set({ limits: { deny: { d: null } } });
  });
});

describe("points 15 and 16, coding and size", () => {
  test("gzip is read in both directions; a corrupt one is a 502, and no event stream is ever asked for compressed", async () => {
    world.upstream.answer((response) => {
      response.writeHead(200, { "content-type": "application/json", "content-encoding": "gzip" });
      response.end(gzipSync(JSON.stringify(chatBody("packed"))));
    });
    const packed = await fetch(`${world.base}/openai/chat/completions`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        "content-encoding": "gzip",
        "cf-aig-authorization": `Bearer ${world.token}`,
      },
      body: gzipSync(JSON.stringify(chat)),
    });
    expect(await body(packed)).toEqual(chatBody("packed"));
    const call = await world.upstream.call(0);
    expect(call.json).toEqual(chat);
    expect(call.headers["content-encoding"]).toBeUndefined();
    world.upstream.answer((response) => {
      response.writeHead(200, { "content-type": "application/json", "content-encoding": "gzip" });
      response.end(Buffer.from("this is no gzip at all"));
    });
    expect((await world.post("/openai/chat/completions", chat)).status).toBe(502);
  });

  test("a 25 MB picture passes; what is declared too large is refused, also while its sender still writes", async () => {
    const picture = "A".repeat(25 * 1024 * 1024);
    const large = JSON.stringify({
      model: "gpt-test",
      messages: [{ role: "user", content: [{ type: "image_url", image_url: { url: `data:image/png;base64,${picture}` } }] }],
    });
    const response = await world.post("/openai/chat/completions", large);
    expect(response.status).toBe(200);
    expect((await world.upstream.call(0)).body.length).toBe(large.length);
    const caller = rawPost(world.base, "/openai/chat/completions", "{", {
      "cf-aig-authorization": `Bearer ${world.token}`,
      "x-pad": "1",
    });
    caller.socket.destroy();
    await world.set({ gateway: { maxBodyMb: 1 } });
    const refused = await world.post("/openai/chat/completions", JSON.stringify({ ...chat, pad: "x".repeat(1_100_000) }));
    expect(refused.status).toBe(413);
    expect((await world.post("/openai/chat/completions", large)).status).toBe(413);
    await world.set({ gateway: { maxBodyMb: null } });
    expect(world.upstream.calls.filter(({ body: one }) => one.length > 1_000_000)).toHaveLength(1);
  });
});

describe("point 17, time", () => {
  test("first byte, silence and the whole are bounded; pings keep slow thinking alive", async () => {
    await world.set({ gateway: { timeouts: { firstByte: 0.3, idle: 0.4, total: 2.5 } } });
    world.upstream.answer(() => {});
    const late = await world.post("/openai/chat/completions", chat);
    expect([late.status, JSON.stringify(await body(late))]).toEqual([504, expect.stringContaining("did not begin to answer")]);
    world.upstream.answer(async (response) => {
      await sendEvents(response, chatEvents(["a"]).slice(0, 2));
    });
    const silent = await world.post("/openai/chat/completions", { ...chat, stream: true });
    await expect(silent.text()).rejects.toThrow();
    world.upstream.answer(async (response) => {
      openStream(response);
      for (let count = 0; count < 8; count += 1) {
        response.write(": ping\n\n");
        await pause(150);
      }
      await sendEvents(response, chatEvents(["thought"]));
      response.end();
    });
    const thinking = await world.post("/openai/chat/completions", { ...chat, stream: true });
    expect(await thinking.text()).toContain("thought");
    world.upstream.answer(async (response) => {
      openStream(response);
      while (!response.destroyed) {
        response.write(chatEvents(["on"])[1]);
        await pause(50);
      }
    });
    const endless = await world.post("/openai/chat/completions", { ...chat, stream: true });
    await expect(endless.text()).rejects.toThrow();
    await world.set({ gateway: { timeouts: null } });
  });
});
