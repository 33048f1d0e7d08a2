/** The AI gateway's rules against a recording provider: what travels, what never does, what is tried again and refused. */

import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { anthropicEvents, chatBody, json, openStream, pause } from "../fakes/upstream.ts";
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
const messages = { model: "claude-test", max_tokens: 100, messages: [{ role: "user", content: "hi" }] };
const body = async (response: Response) => (await response.json()) as Record<string, unknown>;

describe("point 10, fidelity on native paths", () => {
  const strange = `{ "model":"claude-test",\n"max_tokens": 1e2, "messages":[{"role":"assistant","content":[{"type":"thinking","thinking":"","signature":"c2ln"},{"type":"text","text":"\\u00fc🙂","cache_control":{"type":"ephemeral"}}]}], "unknown_field": [1.0, null] }`;

  test("the request is byte for byte the caller's, and beta headers pass", async () => {
    const response = await world.post("/anthropic/v1/messages", strange, {
      "anthropic-beta": "x-2026-01-01",
      "anthropic-version": "2023-06-01",
    });
    expect(response.status).toBe(200);
    const call = await world.upstream.call(0);
    expect(call.body.toString("utf8")).toBe(strange);
    expect(call.headers).toMatchObject({
      "anthropic-beta": "x-2026-01-01",
      "anthropic-version": "2023-06-01",
      "x-api-key": "sk-ant-stored",
    });
    expect(call.url).toBe("/v1/messages");
  });

  test("the answer is byte for byte the provider's, whole and streamed", async () => {
    const odd =
      '{ "content":[{"type":"thinking","thinking":"","signature":"abc=="}],\n "usage":{"input_tokens":1,"output_tokens":2}}';
    world.upstream.answer((response) => json(response, odd));
    expect(await (await world.post("/anthropic/v1/messages", messages)).text()).toBe(odd);
    const stream = anthropicEvents(["ü", "🙂", "x"]).join("").replaceAll("\n", "\r\n");
    world.upstream.answer(async (response) => {
      openStream(response);
      const bytes = Buffer.from(stream);
      for (let at = 0; at < bytes.length; at += 7) {
        response.write(bytes.subarray(at, at + 7));
        if (at % 70 === 0) await pause(1);
      }
      response.end();
    });
    expect(await (await world.post("/anthropic/v1/messages", { ...messages, stream: true })).text()).toBe(stream);
  });
});

describe("points 12 and 13, headers", () => {
  test("nothing of ours, of the network or of the person goes up; a canary token never does", async () => {
    const caller = rawPost(world.base, "/openai/chat/completions", JSON.stringify(chat), {
      "cf-aig-authorization": `Bearer ${world.token}`,
      "cf-aig-metadata": '{"canary":"yes"}',
      "cf-connecting-ip": "1.2.3.4",
      cookie: "molt_session=canary",
      "x-forwarded-for": "1.2.3.4",
      "x-real-ip": "1.2.3.4",
      "proxy-authorization": "Basic canary",
      "x-session-affinity": "canary",
      "x-custom": "kept",
      connection: "close, x-named",
      "x-named": "hop",
    });
    await caller.over;
    const call = await world.upstream.call(0);
    const raw = call.rawHeaders.join("\n").toLowerCase();
    for (const word of ["cf-", "cookie", "x-forwarded", "x-real-ip", "proxy-", "canary", "x-named", world.token.toLowerCase()])
      expect(raw).not.toContain(word);
    expect(call.headers["x-custom"]).toBe("kept");
    expect(call.headers.authorization).toBe("Bearer sk-openai-stored");
  });

  test.each([
    ["authorization", (token: string) => `Bearer ${token}`, "/openai/chat/completions"],
    ["x-api-key", (token: string) => token, "/anthropic/v1/messages"],
    ["x-goog-api-key", (token: string) => token, "/google-ai-studio/v1beta/models/gemini-test:generateContent"],
  ])("our token in the place of a provider's key (%s) is replaced by the stored one", async (name, value, path) => {
    const response = await fetch(`${world.base}${path}`, {
      method: "POST",
      headers: { "content-type": "application/json", [name]: value(world.token) },
      body: JSON.stringify({ ...messages, contents: [] }),
    });
    expect(response.status).toBe(200);
    expect((await world.upstream.call(0)).rawHeaders.join("\n")).not.toContain(world.token);
  });

  test("a caller's own key beside our token travels on", async () => {
    await world.post("/openai/chat/completions", chat, { authorization: "Bearer sk-own" });
    expect((await world.upstream.call(0)).headers.authorization).toBe("Bearer sk-own");
  });

  test("down: no cookies, no ids of our organisation, no hop-by-hop, no wrong length", async () => {
    world.upstream.answer((response) =>
      json(response, chatBody(), 200, {
        "set-cookie": "a=b",
        "openai-organization": "org-1",
        "x-request-id": "req_1",
        connection: "keep-alive, x-hop",
        "x-hop": "1",
        "x-ratelimit-remaining": "5",
      }),
    );
    const response = await world.post("/openai/chat/completions", chat);
    for (const name of ["set-cookie", "openai-organization", "x-hop"]) expect(response.headers.get(name)).toBeNull();
    expect(response.headers.get("x-request-id")).toBe("req_1");
    expect(response.headers.get("x-ratelimit-remaining")).toBe("5");
    expect(response.headers.get("content-security-policy")).toContain("sandbox");
    expect(await body(response)).toEqual(chatBody());
  });
});

describe("point 19, addresses", () => {
  test.each([
    ["http", { baseUrl: "http://example.com/v1" }, 403],
    ["link-local metadata", { baseUrl: "http://169.254.169.254/latest" }, 403],
    ["a private address without leave", { baseUrl: "https://127.0.0.1:9/v1" }, 403],
  ])("custom provider with %s is refused", async (_, custom, expected) => {
    await world.set({ gateway: { custom: { mine: custom } } });
    const response = await world.post("/custom-mine/chat/completions", chat);
    expect(response.status).toBe(expected);
    expect(world.upstream.calls).toHaveLength(0);
  });

  test("a local one works by explicit leave, and a redirect is not followed with its key", async () => {
    await world.set({ gateway: { custom: { mine: { baseUrl: `${world.upstream.url}/deep/v1`, local: true } } } });
    await world.call("gateway.keys.set", { provider: "custom-mine", alias: "default", apiKey: "sk-mine" });
    await world.post("/custom-mine/chat/completions", chat);
    const call = await world.upstream.call(0);
    expect([call.url, call.headers.authorization]).toEqual(["/deep/v1/chat/completions", "Bearer sk-mine"]);
    world.upstream.answer((response) => {
      response.writeHead(302, { location: `${world.upstream.url}/elsewhere` });
      response.end();
    });
    expect((await world.post("/custom-mine/chat/completions", chat)).status).toBe(502);
    expect(world.upstream.calls.map(({ url }) => url)).not.toContain("/elsewhere");
    const out = await world.post("/custom-mine/..%2f..%2fescape", chat);
    expect(out.status).toBeGreaterThanOrEqual(400);
  });
});

describe("point 20, retries", () => {
  const retried = { "cf-aig-max-attempts": "3", "cf-aig-retry-delay": "10", "cf-aig-backoff": "constant" };

  test("a failure is tried again, Retry-After is waited for, and too long a wish is passed on", async () => {
    let count = 0;
    world.upstream.answer((response) => {
      count += 1;
      if (count === 1) json(response, { error: { message: "later" } }, 429, { "retry-after": "1" });
      else json(response, chatBody());
    });
    const began = performance.now();
    expect((await world.post("/openai/chat/completions", chat, retried)).status).toBe(200);
    expect(performance.now() - began).toBeGreaterThan(950);
    world.upstream.reset();
    const wish = { error: { message: "much later", type: "x" } };
    world.upstream.answer((response) => json(response, wish, 429, { "retry-after": "3600" }));
    const refused = await world.post("/openai/chat/completions", chat, retried);
    expect([refused.status, refused.headers.get("retry-after"), await body(refused)]).toEqual([429, "3600", wish]);
    expect(world.upstream.calls).toHaveLength(1);
  });

  test("a client that repeats by itself is not multiplied, and a storm is bounded by the provider's retry budget", async () => {
    world.upstream.answer((response) => json(response, { error: {} }, 400));
    await world.post("/openai/chat/completions", chat, retried);
    expect(world.upstream.calls).toHaveLength(1);
    world.upstream.reset();
    world.upstream.answer((response) => json(response, { error: { message: "down" } }, 500));
    await world.post("/openai/chat/completions", { ...chat, model: "m0" }, { ...retried, "x-stainless-retry-count": "1" });
    expect(world.upstream.calls).toHaveLength(1);
    world.upstream.reset();
    const storm = 30;
    await Promise.all(
      Array.from({ length: storm }, (_, index) =>
        world.post("/openai/chat/completions", { ...chat, model: `m${index + 1}` }, { ...retried, "cf-aig-max-attempts": "5" }),
      ),
    );
    expect(world.upstream.calls.length).toBeLessThan(storm * 2);
  });

  test("a breaker opens after failures in a row, is visible, and is cleared by hand", async () => {
    world.upstream.answer((response) => json(response, { error: { message: "down" } }, 500));
    for (let count = 0; count < 5; count += 1) await world.post("/openai/chat/completions", { ...chat, model: "broken" });
    world.upstream.reset();
    const refused = await world.post("/openai/chat/completions", { ...chat, model: "broken" });
    expect(world.upstream.calls).toHaveLength(0);
    expect(refused.status).toBe(502);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    const { breakers } = await world.call<{ breakers: object[] }>("gateway.breakers.list");
    expect(breakers).toContainEqual(
      expect.objectContaining({ provider: "openai", model: "broken", keyAlias: "default", state: "open" }),
    );
    await world.call("gateway.breakers.clear", { model: "broken" });
    world.upstream.answer((response) => json(response, chatBody()));
    expect((await world.post("/openai/chat/completions", { ...chat, model: "broken" })).status).toBe(200);
  });
});

describe("point 21, names and golden bodies", () => {
  test.each([
    ["/openai/chat/completions", "/v1/chat/completions"],
    ["/openai/v1/chat/completions", "/v1/chat/completions"],
    ["/v1/acc/default/openai/responses", "/v1/responses"],
    ["/v1/acc/default/openai/v1/responses", "/v1/responses"],
    ["/anthropic/messages", "/v1/messages"],
    ["/google-ai-studio/v1beta/models/gemini-test:generateContent", "/v1beta/models/gemini-test:generateContent"],
    ["/google/v1/models/gemini-test:generateContent", "/v1/models/gemini-test:generateContent"],
  ])("%s leads to %s", async (path, url) => {
    expect((await world.post(path, { ...chat, ...messages, contents: [] })).status).toBe(200);
    expect((await world.upstream.call(0)).url).toBe(url);
  });

  const golden = (code: number, message: string, http: number) => ({
    success: false,
    result: [],
    messages: [],
    error: [{ code, message }],
    name: "AiGatewayError",
    httpCode: http,
    internalCode: code,
    message,
  });

  test("unknown gateway 2001, unknown provider 2008, no or a wrong token 2009, unknown alias 2040", async () => {
    const cases: [Response, number, number][] = [
      [await world.post("/v1/acc/nobody/openai/chat/completions", chat), 400, 2001],
      [await world.post("/v1/acc/default/nobody/chat/completions", chat), 400, 2008],
      [await fetch(`${world.base}/openai/chat/completions`, { method: "POST", body: "{}" }), 401, 2009],
      [await world.post("/openai/chat/completions", chat, { "cf-aig-authorization": "Bearer molt_wrong" }), 401, 2009],
      [await world.post("/openai/chat/completions", chat, { "cf-aig-byok-alias": "nobody" }), 400, 2040],
    ];
    for (const [response, http, code] of cases) {
      const json = await body(response);
      expect([response.status, json]).toEqual([http, golden(code, json.message as string, http)]);
    }
    expect(world.upstream.calls).toHaveLength(0);
  });

  test("headers that cannot be read are named", async () => {
    for (const [name, value] of [
      ["cf-aig-metadata", "[]"],
      ["cf-aig-max-attempts", "9"],
      ["cf-aig-cache-ttl", "x"],
      ["cf-aig-custom-cost", "{}"],
    ] as const) {
      const response = await world.post("/openai/chat/completions", chat, { [name]: value });
      expect([response.status, JSON.stringify(await body(response))]).toEqual([400, expect.stringContaining(name)]);
    }
  });
});

describe("keys", () => {
  test("a refused key is set aside for the next one at once, and back when it is replaced", async () => {
    await world.call("gateway.keys.set", { provider: "openai", alias: "second", apiKey: "sk-second" });
    world.upstream.answer((response, call) =>
      call.headers.authorization === "Bearer sk-openai-stored"
        ? json(response, { error: { message: "bad key" } }, 401)
        : json(response, chatBody()),
    );
    for (let count = 0; count < 6; count += 1) {
      const response = await world.post("/openai/chat/completions", chat, { "x-session-affinity": `s${count}` });
      expect(response.status).toBe(200);
    }
    const used = () => world.upstream.calls.map(({ headers }) => headers.authorization);
    expect(used().filter((one) => one === "Bearer sk-openai-stored").length).toBeLessThanOrEqual(1);
    const { keys } = await world.call<{ keys: object[] }>("gateway.keys.list");
    expect(keys).toContainEqual(expect.objectContaining({ provider: "openai", alias: "default", state: "rejected" }));
    await world.call("gateway.keys.set", { provider: "openai", alias: "default", apiKey: "sk-rotated" });
    world.upstream.reset();
    await world.post("/openai/chat/completions", chat, { "cf-aig-byok-alias": "default" });
    expect(used()).toEqual(["Bearer sk-rotated"]);
    await world.call("gateway.keys.remove", { provider: "openai", alias: "second" });
    await world.call("gateway.keys.set", { provider: "openai", alias: "default", apiKey: "sk-openai-stored" });
  });
});

describe("the universal request", () => {
  test("the first success wins and says its index; the last failure is passed on untouched", async () => {
    world.upstream.answer((response, call) =>
      call.url === "/v1/messages" ? json(response, { ok: true }) : json(response, { error: { message: "no" } }, 503),
    );
    const elements = [
      {
        provider: "openai",
        endpoint: "chat/completions",
        headers: { authorization: "Bearer sk-own", "content-type": "application/json" },
        query: chat,
      },
      { provider: "anthropic", endpoint: "v1/messages", headers: {}, query: messages },
    ];
    for (const path of ["/", "/v1/acc/default"]) {
      world.upstream.reset();
      const response = await world.post(path, elements);
      expect([response.status, response.headers.get("cf-aig-step"), await body(response)]).toEqual([200, "1", { ok: true }]);
      expect(world.upstream.calls.map(({ headers }) => headers.authorization ?? headers["x-api-key"])).toEqual([
        "Bearer sk-own",
        "sk-ant-stored",
      ]);
    }
    const single = await world.post("/", elements[0]);
    expect([single.status, await body(single)]).toEqual([503, { error: { message: "no" } }]);
  });
});
