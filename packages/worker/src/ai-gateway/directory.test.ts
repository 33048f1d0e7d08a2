/** Which models there are: local servers found by themselves, the default chosen, keys tested before they are kept. */

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { callFor, collect, createHarness, providers } from "../../../../tests/fakes/gateway-harness.ts";
import { type FakeProvider, startFakeProvider } from "../../../../tests/fakes/provider.ts";

const key = "fake-key-0123456789";
let fake: FakeProvider;
beforeAll(async () => {
  fake = await startFakeProvider({ apiKey: key });
});
afterAll(() => fake.close());

/** Nothing listens where local servers usually do. */
const nobodyHome: typeof fetch = (input, init) =>
  String(input).startsWith(fake.url) ? fetch(input, init) : Promise.reject(new TypeError("fetch failed"));

describe("without any key", () => {
  test("the demo is the default, and local servers are not found", async () => {
    const { gateway } = createHarness({ fetch: nobodyHome });
    expect(gateway.defaultModel()).toBe("demo/scripted");
    await gateway.settled();
    expect(gateway.defaultModel()).toBe("demo/scripted");
    expect(gateway.providerStatuses().map((status) => [status.id, status.state])).toEqual([
      ["anthropic", "no-key"],
      ["openai", "no-key"],
      ["google", "no-key"],
      ["openrouter", "no-key"],
      ["mistral", "no-key"],
      ["xai", "no-key"],
      ["deepseek", "no-key"],
      ["groq", "no-key"],
      ["openai-compatible", "not-found"],
      ["ollama", "not-found"],
      ["lmstudio", "not-found"],
      ["demo", "ready"],
    ]);
    const rows = gateway.listModels();
    expect(rows.filter((row) => row.available).map((row) => row.ref)).toEqual(["demo/scripted"]);
    expect(rows.find((row) => row.provider === "anthropic")?.unavailableReason).toBe("Anthropic has no key yet.");
  });

  test("listing never waits for a local server that hangs", async () => {
    const { gateway } = createHarness({ fetch: () => new Promise(() => {}), limits: { discoveryTimeoutMs: 50 } });
    expect(gateway.listModels().length).toBeGreaterThan(1);
    await gateway.settled();
    expect(gateway.providerStatuses().find((status) => status.id === "ollama")?.state).toBe("not-found");
  });
});

describe("local servers", () => {
  test.each([
    ["ollama", "http://127.0.0.1:11434"],
    ["lmstudio", "http://127.0.0.1:1234"],
  ])("%s is found at its usual address", async (id, address) => {
    const { gateway, outbound, changes } = createHarness({
      fetch: (input, init) =>
        String(input).startsWith(address)
          ? fetch(String(input).replace(address, fake.url), init)
          : Promise.reject(new TypeError("fetch failed")),
    });
    expect(gateway.defaultModel()).toBe("demo/scripted");
    await gateway.settled();
    expect(changes()).toBe(1);
    expect(gateway.defaultModel()).toBe(`${id}/fake-large`);
    const row = gateway.describe(`${id}/fake-small`);
    expect(row).toMatchObject({ contextWindow: 32_000, available: true, tags: ["local"], ref: `${id}/fake-small` });
    expect(outbound.filter(({ url }) => url.startsWith(address)).every(({ policy }) => policy.named)).toBe(true);
    await gateway.refresh();
    expect(changes()).toBe(1);
  });

  test("a named address is asked for its models, and the owner's own are added", async () => {
    const { gateway } = createHarness({
      keys: { "openai-compatible": key },
      providers: { "openai-compatible": { baseUrl: fake.url, models: ["extra"] } },
      fetch: nobodyHome,
    });
    await gateway.settled();
    expect(
      gateway
        .listModels()
        .filter((row) => row.provider === "openai-compatible")
        .map((row) => row.id),
    ).toEqual(["fake-large", "fake-small", "extra"]);
    expect(gateway.defaultModel()).toBe("openai-compatible/fake-large");
  });

  test("OpenAI at another address offers what that address lists", async () => {
    const { gateway } = createHarness({
      keys: { openai: key },
      providers: { openai: { baseUrl: `${fake.url}/v1` } },
      fetch: nobodyHome,
    });
    await gateway.settled();
    expect(
      gateway
        .listModels()
        .filter((row) => row.provider === "openai")
        .map((row) => row.id),
    ).toEqual(["fake-large", "fake-small"]);
    expect(gateway.defaultModel()).toBe("openai/fake-large");
  });
});

describe("the default model", () => {
  test("is the owner's choice, even while its provider has no key", () => {
    expect(createHarness({ model: "anthropic/claude-opus-5-5", fetch: nobodyHome }).gateway.defaultModel()).toBe(
      "anthropic/claude-opus-5-5",
    );
  });
  test("is not a provider that is gone", () => {
    expect(createHarness({ model: "gone/model", fetch: nobodyHome }).gateway.defaultModel()).toBe("demo/scripted");
  });
  test("is the first ready provider's; one that is switched off is passed over", () => {
    const keys = { google: key, groq: key };
    expect(createHarness({ keys, fetch: nobodyHome }).gateway.defaultModel()).toBe("google/gemini-3.8-flash");
    expect(createHarness({ keys, providers: { google: { enabled: false } }, fetch: nobodyHome }).gateway.defaultModel()).toBe(
      "groq/openai/gpt-oss-120b",
    );
  });
  test("a rejected key gives way to a ready provider, and is named when there is none", async () => {
    const refusing = {
      keys: { anthropic: "wrong-key-00", groq: key },
      providers: { anthropic: { baseUrl: fake.url } },
      fetch: nobodyHome,
    };
    const { gateway, secrets } = createHarness(refusing);
    await collect(gateway.stream(callFor("anthropic/claude-sonnet-5", "hi")));
    expect(gateway.defaultModel()).toBe("groq/openai/gpt-oss-120b");
    secrets.delete("provider.groq.key");
    expect(gateway.defaultModel()).toBe("anthropic/claude-sonnet-5");
  });
});

describe("typed keys", () => {
  test.each([
    ["anthropic", ""],
    ["openai", "/v1"],
    ["google", ""],
    ["openrouter", "/v1"],
    ["mistral", "/v1"],
    ["openai-compatible", ""],
  ])("%s: kept after a real call, refused without a trace", async (id, path) => {
    const { gateway, secrets, settings } = createHarness({ fetch: nobodyHome });
    const change = { baseUrl: fake.url + path, changedBy: "owner" };
    await expect(gateway.setKey(id, { ...change, apiKey: "wrong-key-00" })).rejects.toMatchObject({
      code: "PROVIDER_KEY_REJECTED",
    });
    expect([secrets.get(`provider.${id}.key`), settings.providers]).toEqual([undefined, {}]);
    const { defaultModel } = await gateway.setKey(id, { ...change, apiKey: ` ${key}\n` });
    expect(secrets.get(`provider.${id}.key`)).toBe(key);
    expect(settings.providers[id]?.baseUrl).toBe(change.baseUrl);
    expect(defaultModel?.startsWith(`${id}/`)).toBe(true);
    expect(gateway.providerStatuses().find((status) => status.id === id)).toMatchObject({ state: "ready", keySource: "typed" });
    gateway.forgetKey(id);
    expect(secrets.get(`provider.${id}.key`)).toBeUndefined();
  });

  test("an address where nobody answers is refused in words", async () => {
    const { gateway } = createHarness({ fetch: nobodyHome });
    const attempt = gateway.setKey("groq", { apiKey: key, baseUrl: "http://127.0.0.1:9/v1", changedBy: "owner" });
    await expect(attempt).rejects.toMatchObject({
      code: "PROVIDER_UNAVAILABLE",
      message: "Groq could not be reached at 127.0.0.1:9",
    });
  });

  test("a server without a list of models is tested by a short answer", async () => {
    const noList: typeof fetch = (input, init) =>
      String(input).includes("/models")
        ? Promise.resolve(new Response("nothing here", { status: 404 }))
        : nobodyHome(input, init);
    const { gateway, secrets } = createHarness({ fetch: noList });
    await expect(
      gateway.setKey("anthropic", { apiKey: "wrong-key-00", baseUrl: fake.url, changedBy: "owner" }),
    ).rejects.toMatchObject({ code: "PROVIDER_KEY_REJECTED" });
    await gateway.setKey("anthropic", { apiKey: key, baseUrl: fake.url, changedBy: "owner" });
    expect(secrets.get("provider.anthropic.key")).toBe(key);
  });

  test("nonsense is refused before any call", async () => {
    const { gateway, outbound } = createHarness({ fetch: nobodyHome });
    await expect(gateway.setKey("anthropic", { apiKey: "two words", changedBy: "owner" })).rejects.toMatchObject({
      code: "CONFIG_INVALID",
    });
    await expect(gateway.setKey("anthropic", { changedBy: "owner" })).rejects.toMatchObject({ code: "PROVIDER_KEY_MISSING" });
    await expect(gateway.setKey("openai-compatible", { apiKey: key, changedBy: "owner" })).rejects.toMatchObject({
      code: "CONFIG_INVALID",
    });
    await expect(gateway.setKey("demo", { apiKey: key, changedBy: "owner" })).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(gateway.setKey("nobody", { apiKey: key, changedBy: "owner" })).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect(outbound).toEqual([]);
  });
});

test("prices are known for what is offered by name", async () => {
  const { gateway } = createHarness({ keys: { anthropic: key }, fetch: nobodyHome });
  await gateway.settled();
  const price = (ref: string) => gateway.listModels().find((row) => row.ref === ref)?.price;
  expect(price("anthropic/claude-haiku-4-5")).toEqual({ input: 1, output: 5 });
  expect(price("demo/scripted")).toEqual({ input: 0, output: 0 });
  const unknown = gateway.listModels().filter((row) => row.price === null);
  expect(unknown.map((row) => row.ref)).toEqual([]);
});

test("every provider's default is among its models, and ids are unique", () => {
  expect(new Set(providers.map((provider) => provider.id)).size).toBe(providers.length);
  for (const provider of providers) {
    if (provider.defaultModel) expect(provider.models.map((model) => model.id)).toContain(provider.defaultModel);
    expect(provider.defaultBaseUrl).not.toMatch(/\/$/);
  }
});

test("a key that may not use one model is not taken for a rejected one", async () => {
  const { gateway } = createHarness({
    keys: { groq: key },
    providers: { groq: { baseUrl: `${fake.url}/v1` } },
    fetch: nobodyHome,
  });
  const { error } = await collect(gateway.stream(callFor("groq/secret-model", "may I [[fault: 403]]")));
  expect(error).toMatchObject({ code: "PROVIDER_KEY_REJECTED", message: "Groq does not let this key use secret-model" });
  expect(gateway.providerStatuses().find((status) => status.id === "groq")).toMatchObject({
    state: "ready",
    lastError: { code: "PROVIDER_KEY_REJECTED" },
  });
});

test("a request that was at fault is not held against the provider", async () => {
  const { gateway } = createHarness({
    keys: { groq: key },
    providers: { groq: { baseUrl: `${fake.url}/v1` } },
    fetch: nobodyHome,
  });
  await collect(gateway.stream(callFor("groq/m", "too long [[fault: context]]")));
  expect(gateway.providerStatuses().find((status) => status.id === "groq")?.lastError).toBeUndefined();
});
