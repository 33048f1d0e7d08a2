import { expect, test } from "vitest";
import { speaksResponses } from "./openai.ts";

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
