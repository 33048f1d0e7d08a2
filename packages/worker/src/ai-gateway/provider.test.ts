import { describe, expect, test } from "vitest";
import { baseUrlOf } from "./provider.ts";
import { anthropic } from "./providers/anthropic.ts";
import { google } from "./providers/google.ts";
import { shortId } from "./providers/mistral.ts";
import { ollama } from "./providers/ollama.ts";
import { openai, speaksResponses } from "./providers/openai.ts";
import { openaiCompatible } from "./providers/openai-compatible.ts";

describe("base URLs as people write them", () => {
  test.each([
    [anthropic, "https://api.anthropic.com", "https://api.anthropic.com/v1"],
    [anthropic, "http://127.0.0.1:9000/v1/", "http://127.0.0.1:9000/v1"],
    [anthropic, "https://gateway.ai.cloudflare.com/v1/account/gateway/anthropic", "https://gateway.ai.cloudflare.com/v1/account/gateway/anthropic/v1"],
    [openai, "http://localhost:8000", "http://localhost:8000/v1"],
    [openai, "http://localhost:8000/v1/responses", "http://localhost:8000/v1/responses"],
    [openai, "http://localhost:8000/api/openai", "http://localhost:8000/api/openai"],
    [google, "http://127.0.0.1:9000", "http://127.0.0.1:9000/v1beta"],
    [ollama, "127.0.0.1", "http://127.0.0.1:11434/v1"],
    [ollama, "0.0.0.0:9999", "http://127.0.0.1:9999/v1"],
    [ollama, "http://box.local:11434/", "http://box.local:11434/v1"],
    [ollama, "https://ollama.example.com", "https://ollama.example.com/v1"],
    [openaiCompatible, "http://10.0.0.2:5000", "http://10.0.0.2:5000/v1"],
    [openaiCompatible, "http://10.0.0.2:5000/api/v3", "http://10.0.0.2:5000/api/v3"],
  ])("%o %s", (provider, typed, used) => {
    expect(baseUrlOf(provider, typed)).toBe(used);
  });

  test("nothing typed means the provider's own", () => {
    expect(baseUrlOf(anthropic, undefined)).toBe("https://api.anthropic.com/v1");
  });
});

test.each([
  ["https://api.openai.com/v1", true],
  ["https://eu.api.openai.com/v1", true],
  ["https://gateway.ai.cloudflare.com/v1/a/g/openai", true],
  ["http://127.0.0.1:8000/v1/responses", true],
  ["http://127.0.0.1:8000/v1", false],
  ["https://api.openai.com.evil.example/v1", false],
])("Responses is spoken at %s: %s", (url, spoken) => {
  expect(speaksResponses(url)).toBe(spoken);
});

test("Mistral's ids: nine characters, its own kept, different ones different", () => {
  expect(shortId("D681PevKs")).toBe("D681PevKs");
  const ids = Array.from({ length: 5_000 }, (_, index) => shortId(`call_${index}`));
  expect(ids.every((id) => /^[a-zA-Z0-9]{9}$/.test(id))).toBe(true);
  expect(new Set(ids).size).toBe(ids.length);
});
