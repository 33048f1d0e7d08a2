import { describe, expect, it } from "vitest";
import { UsageScan, usageFromFields } from "./usage-scan.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const streams: [string, string, object][] = [
  [
    "Chat Completions",
    'data: {"choices":[{"delta":{"content":"\\"usage\\":{\\"prompt_tokens\\":9999}"}}],"usage":null}\n\ndata: {"choices":[],"usage": {"prompt_tokens":12,"completion_tokens":7,"prompt_tokens_details":{"cached_tokens":4},"completion_tokens_details":{"reasoning_tokens":3}}}\n\ndata: [DONE]\n\n',
    { input: 12, output: 7, cacheRead: 4, cacheWrite: 0, reasoning: 3 },
  ],
  [
    "Anthropic Messages",
    'event: message_start\r\ndata: {"type":"message_start","message":{"usage":{"input_tokens":25,"cache_creation_input_tokens":10,"cache_read_input_tokens":100,"output_tokens":1}}}\r\n\r\n: ping\r\n\r\nevent: message_delta\r\ndata: {"type":"message_delta","usage":{"input_tokens":0,"output_tokens":15}}\r\n\r\n',
    { input: 135, output: 15, cacheRead: 100, cacheWrite: 10, reasoning: 0 },
  ],
  [
    "Responses",
    'event: response.completed\ndata: {"type":"response.completed","response":{"output":[],"usage":{"input_tokens":30,"input_tokens_details":{"cached_tokens":8},"output_tokens":20,"output_tokens_details":{"reasoning_tokens":11},"total_tokens":50}}}\n\n',
    { input: 30, output: 20, cacheRead: 8, cacheWrite: 0, reasoning: 11 },
  ],
  [
    "Google",
    'data: {"candidates":[{"content":{"parts":[{"text":"ü€🙂"}]}}],"usageMetadata":{"promptTokenCount":5}}\n\ndata: {"candidates":[],"usageMetadata":{"promptTokenCount":5,"candidatesTokenCount":6,"thoughtsTokenCount":4,"cachedContentTokenCount":2}}\n\n',
    { input: 5, output: 10, cacheRead: 2, cacheWrite: 0, reasoning: 4 },
  ],
];

describe("usage in the bytes of a stream", () => {
  it.each(streams)("%s: the same however the bytes are split", (_, text, expected) => {
    const whole = bytes(text);
    for (let split = 0; split <= whole.length; split += 1) {
      const scan = new UsageScan();
      scan.push(whole.subarray(0, split));
      scan.push(whole.subarray(split));
      expect(scan.usage(), `split at ${split}`).toEqual(expected);
    }
    const single = new UsageScan();
    for (const byte of whole) single.push(Uint8Array.of(byte));
    expect(single.usage()).toEqual(expected);
  });

  it("says nothing when the stream says nothing, and is not led astray by what a model wrote", () => {
    const scan = new UsageScan();
    scan.push(bytes('data: {"choices":[{"delta":{"content":"{\\"usage\\":{\\"prompt_tokens\\":1}}"}}],"usage":null}\n\n'));
    scan.push(bytes('data: {"usages":{"prompt_tokens":1},"usageMeta":{"promptTokenCount":1}}\n\n'));
    expect(scan.usage()).toBeUndefined();
  });

  it("counts as each provider counts", () => {
    expect(usageFromFields({ prompt_tokens: 10, completion_tokens: 1, prompt_cache_hit_tokens: 6 })).toMatchObject({
      input: 10,
      cacheRead: 6,
    });
    expect(usageFromFields({ tokens: { input_tokens: 3, output_tokens: 4 }, billed_units: { input_tokens: 1 } })).toMatchObject({
      input: 3,
      output: 4,
    });
    expect(usageFromFields({ inputTokens: 3, outputTokens: 4, cacheReadInputTokens: 5 })).toMatchObject({
      input: 8,
      output: 4,
      cacheRead: 5,
    });
    expect(usageFromFields({ seconds: 3 })).toBeUndefined();
  });
});
