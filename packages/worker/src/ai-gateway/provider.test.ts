import { describe, expect, test } from "vitest";
import { providers } from "../../../../tests/fakes/gateway-harness.ts";
import { baseUrlOf, type Provider } from "./provider.ts";

const byId = (id: string) => providers.find((provider) => provider.id === id) as Provider;

describe("base URLs as people write them", () => {
  test.each([
    ["anthropic", "https://api.anthropic.com", "https://api.anthropic.com/v1"],
    ["anthropic", "http://127.0.0.1:9000/v1/", "http://127.0.0.1:9000/v1"],
    [
      "anthropic",
      "https://gateway.ai.cloudflare.com/v1/account/gateway/anthropic",
      "https://gateway.ai.cloudflare.com/v1/account/gateway/anthropic/v1",
    ],
    ["openai", "http://localhost:8000", "http://localhost:8000/v1"],
    ["openai", "http://localhost:8000/v1/responses", "http://localhost:8000/v1/responses"],
    ["openai", "http://localhost:8000/api/openai", "http://localhost:8000/api/openai"],
    ["google", "http://127.0.0.1:9000", "http://127.0.0.1:9000/v1beta"],
    ["ollama", "127.0.0.1", "http://127.0.0.1:11434/v1"],
    ["ollama", "0.0.0.0:9999", "http://127.0.0.1:9999/v1"],
    ["ollama", "http://box.local:11434/", "http://box.local:11434/v1"],
    ["ollama", "https://ollama.example.com", "https://ollama.example.com/v1"],
    ["openai-compatible", "http://10.0.0.2:5000", "http://10.0.0.2:5000/v1"],
    ["openai-compatible", "http://10.0.0.2:5000/api/v3", "http://10.0.0.2:5000/api/v3"],
  ])("%s %s", (id, typed, used) => {
    expect(baseUrlOf(byId(id), typed)).toBe(used);
  });

  test("nothing typed means the provider's own", () => {
    expect(baseUrlOf(byId("anthropic"), undefined)).toBe("https://api.anthropic.com/v1");
  });
});
