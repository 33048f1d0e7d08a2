/** Point 22: with Cloudflare's gateway set instead of the embedded one, the assistant and every client work as before; only where calls leave for differs. */

import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type FakeCloudflareGateway, startCloudflareGateway } from "../fakes/cloudflare-gateway.ts";
import { type FakeProvider, startFakeProvider } from "../fakes/provider.ts";
import { connectClient, type RecordingClient } from "../support/client.ts";
import { type GatewayWorld, startGateway } from "../support/gateway.ts";

let provider: FakeProvider;
let cloudflare: FakeCloudflareGateway;
let world: GatewayWorld;
let client: RecordingClient;
beforeAll(async () => {
  provider = await startFakeProvider();
  cloudflare = await startCloudflareGateway(provider.url);
  const own = {
    OPENAI_BASE_URL: `${provider.url}/v1`,
    ANTHROPIC_BASE_URL: `${provider.url}/v1`,
    GEMINI_BASE_URL: `${provider.url}/v1beta`,
  };
  world = await startGateway({ ...own, ANTHROPIC_API_KEY: "", OPENAI_API_KEY: "", GEMINI_API_KEY: "" });
  client = await connectClient(world.server.url, { dataDir: world.server.dataDir });
});
afterAll(async () => {
  client?.close();
  await world?.dispose();
  await cloudflare?.close();
  await provider?.close();
});
beforeEach(() => {
  provider.requests.splice(0);
  cloudflare.calls.splice(0);
});

const body = { messages: [{ role: "user", content: "[[say: through]]" }] };

/** What clients do, each with nothing but the base URL in hand. */
const calls: [string, () => Promise<Response>][] = [
  ["/openai, without v1", () => world.post("/openai/chat/completions", { ...body, model: "gpt-test" })],
  ["/openai, streamed", () => world.post("/openai/v1/chat/completions", { ...body, model: "gpt-test", stream: true })],
  ["/openai, Responses", () => world.post("/openai/responses", { model: "gpt-test", input: body.messages })],
  ["/anthropic", () => world.post("/anthropic/v1/messages", { ...body, model: "claude-test", max_tokens: 50 })],
  [
    "/google-ai-studio",
    () =>
      world.post("/google-ai-studio/v1beta/models/gemini-test:generateContent", {
        contents: [{ role: "user", parts: [{ text: "[[say: through]]" }] }],
      }),
  ],
  [
    "the universal request",
    () =>
      world.post("/", [{ provider: "openai", endpoint: "chat/completions", headers: {}, query: { ...body, model: "gpt-test" } }]),
  ],
  ["/compat", () => world.post("/compat/chat/completions", { ...body, model: "anthropic/claude-test" })],
  [
    "/ai/v1/messages, translated",
    () => world.post("/ai/v1/messages", { ...body, model: "google/gemini-test", max_tokens: 50, stream: true }),
  ],
];

describe.each(["embedded", "cloudflare"] as const)("mode %s", (mode) => {
  beforeAll(async () => {
    if (mode === "embedded") {
      for (const [id, apiKey] of Object.entries({ openai: "sk-own", anthropic: "sk-ant-own", google: "AIza-own" }))
        await world.call("gateway.keys.set", { provider: id, alias: "default", apiKey });
      return;
    }
    for (const id of ["openai", "anthropic", "google"])
      await world.call("gateway.keys.remove", { provider: id, alias: "default" });
    await world.call("gateway.keys.set", { provider: "cloudflare", alias: "default", apiKey: cloudflare.token });
    const { account, gateway, url } = cloudflare;
    await world.set({ gateway: { mode, cloudflare: { account, gateway, url } } });
  });

  test.each(calls)("%s", async (_, call) => {
    const response = await call();
    const text = await response.text();
    expect([response.status, text]).toEqual([200, expect.stringContaining("thro")]);
    expect(cloudflare.calls).toHaveLength(mode === "cloudflare" ? 1 : 0);
    if (mode === "embedded") return;
    const [seen] = cloudflare.calls;
    expect(seen?.headers["cf-aig-authorization"]).toBe(`Bearer ${cloudflare.token}`);
    expect(JSON.stringify(seen?.headers)).not.toContain(world.token);
  });

  test.each(["openai/gpt-test", "anthropic/claude-test", "google/gemini-test"])(
    "the assistant's own turn on %s",
    async (model) => {
      await world.set({ agent: { model } });
      const sessionKey = `agent:main:${mode}-${model.split("/")[0]}`;
      await client.request("chat.send", { sessionKey, message: "[[say: own turn]]", idempotencyKey: `${mode}-${model}` });
      await client.event(
        (frame) =>
          frame.event === "chat" &&
          (frame.payload as { sessionKey: string; state: string }).sessionKey === sessionKey &&
          ["final", "error"].includes((frame.payload as { state: string }).state),
      );
      const { messages } = await client.request("chat.history", { sessionKey });
      expect(JSON.stringify(messages)).toContain("own turn");
      expect(cloudflare.calls.length > 0).toBe(mode === "cloudflare");
    },
  );
});

describe("what Cloudflare's gateway refuses", () => {
  test("a wrong token is its own 401 with 2009, passed on; options for it travel along", async () => {
    await world.post(
      "/openai/chat/completions",
      { ...body, model: "gpt-test" },
      { "cf-aig-metadata": '{"team":"a"}', "cf-aig-zdr": "true", "cf-aig-byok-alias": "theirs" },
    );
    expect(cloudflare.calls[0]?.headers).toMatchObject({
      "cf-aig-metadata": '{"team":"a"}',
      "cf-aig-zdr": "true",
      "cf-aig-byok-alias": "theirs",
    });
    await world.call("gateway.keys.set", { provider: "cloudflare", alias: "default", apiKey: "wrong" });
    const refused = await world.post("/openai/chat/completions", { ...body, model: "gpt-test" });
    expect([refused.status, ((await refused.json()) as { internalCode: number }).internalCode]).toEqual([401, 2009]);
  });
});
