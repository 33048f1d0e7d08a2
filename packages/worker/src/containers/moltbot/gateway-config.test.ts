import type { ModelRow } from "@moltworker/protocol/rows";
import { describe, expect, it } from "vitest";
import { gatewayConfig } from "./gateway-config.ts";

const model = (ref: string, over: Partial<ModelRow> = {}): ModelRow => ({
  id: ref.slice(ref.indexOf("/") + 1),
  ref,
  name: ref,
  provider: ref.slice(0, ref.indexOf("/")),
  contextWindow: 100_000,
  maxOutputTokens: 8_000,
  reasoning: false,
  input: ["text"],
  available: true,
  thinkingLevels: [],
  tags: [],
  price: null,
  ...over,
});

const models = [model("demo/molt"), model("openai/a", { available: false }), model("openai/b"), model("anthropic/c")];
const providerOf = (config: ReturnType<typeof gatewayConfig>) =>
  (config.managed as { models: { providers: Record<string, { apiKey: string; models: { id: string }[] }> } }).models.providers
    .moltworker;

describe("settings of a hosted OpenClaw", () => {
  it("offer what can be used and has an address, and no key", () => {
    const config = gatewayConfig(models, "anthropic/c", {});
    expect(providerOf(config)?.models.map(({ id }) => id)).toEqual(["openai/b", "anthropic/c"]);
    expect(providerOf(config)?.apiKey).toBe("none");
    expect(config.defaults).toEqual({ agents: { defaults: { model: { primary: "moltworker/anthropic/c" } } } });
  });

  it("take the first model where the chosen one cannot be used, and none where there is none", () => {
    expect(JSON.stringify(gatewayConfig(models, "openai/a", {}).defaults)).toContain("moltworker/openai/b");
    expect(gatewayConfig([model("demo/molt")], "demo/molt", {}).defaults).toEqual({});
  });

  it("carry the owner's own words, except where they would lead elsewhere", () => {
    const own = {
      gateway: { controlUi: { basePath: "/elsewhere", embedSandbox: "strict" } },
      models: { providers: { moltworker: { baseUrl: "http://evil" }, mine: { baseUrl: "http://mine" } } },
      channels: { telegram: { enabled: false } },
    };
    const { managed } = gatewayConfig(models, "openai/b", own);
    expect(managed).toMatchObject({
      channels: { telegram: { enabled: false } },
      gateway: { controlUi: { basePath: "/openclaw", embedSandbox: "strict" } },
      models: { providers: { mine: { baseUrl: "http://mine" }, moltworker: { baseUrl: expect.stringContaining("127.0.0.1") } } },
    });
  });
});
