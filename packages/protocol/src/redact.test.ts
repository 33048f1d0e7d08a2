import { describe, expect, it } from "vitest";
import { redactText } from "./redact.ts";

describe("what looks like a secret", () => {
  it.each([
    ["an OpenAI key", "sk-proj-abcdefghij0123456789"],
    ["an Anthropic key", "sk-ant-api03-abcdefghij"],
    ["a Google key", `AIza${"b".repeat(35)}`],
    ["a Groq key", "gsk_abcdefghijklmnop"],
    ["an xAI key", "xai-abcdefghijklmnop"],
    ["a Telegram token", `123456789:${"A".repeat(35)}`],
    ["a Slack token", "xoxb-1234567890-abcdef"],
    ["a GitHub token", `ghp_${"c".repeat(36)}`],
    ["an API token of ours", `molt_${"d".repeat(43)}`],
    ["an identity token", "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxMjMifQ.c2lnbmF0dXJl"],
    ["a bearer header", "Bearer 0123456789abcdef"],
    ["a private key", "-----BEGIN PRIVATE KEY-----\nMIIEvg\n-----END PRIVATE KEY-----"],
    ["a query", "https://a.example/?token=hunter2hunter2"],
  ])("%s is taken out, in the middle of a sentence too", (_, secret) => {
    const clean = redactText(`before (${secret}) after`);
    expect(clean).toContain("[redacted]");
    expect(clean).toMatch(/^before .* after$/s);
    expect(clean).not.toContain(secret.slice(-12));
  });

  it("known values are taken out whatever their shape, unless they could be ordinary words", () => {
    expect(redactText("the pass phrase of the house is said", ["pass phrase of the house", "said"])).toBe(
      "the [redacted] is said",
    );
  });

  it.each([
    "run_0192f0e4-7c1e-7b52-9a3b-2f1c8f1f6c11 ended",
    "agent:main:telegram:group:-1001234567890",
    "tokens=512 outputTokens=12",
    "2026-11-28T10:00:00.000Z",
    "key=a model=openai/gpt-5.1",
  ])("“%s” stays", (text) => expect(redactText(text)).toBe(text));
});
