/** Random conversation logs, most of them broken in every way that crashes, stops, odd servers and old versions can break one. */

import type { LogEntry, LogPart, ProviderData } from "../../packages/worker/src/agent/log-entry.ts";
import { createRandom, type Random } from "./random.ts";

const callIds = ["call_1", "call_2", "toolu_01", "call_1 ", "fc.1", "", "abcDEF123", "x".repeat(70), "ключ", "call-2", "a b"];
const toolNames = ["bash", "read", "write", "functions.bash", "mcp:tool/run", "9lives", "", "web_fetch"];
const texts = [
  "hello",
  "",
  " ",
  "\n\n",
  "Ja, gjerne.",
  "text with \ud83d half",
  "[[fault: 429]]",
  "a\u0000b",
  "long ".repeat(30),
  "<file>",
  "{}",
];
const authors = [
  { provider: "anthropic", model: "claude-sonnet-5" },
  { provider: "openai", model: "gpt-6-sol" },
  { provider: "google", model: "gemini-3.8-flash" },
  { provider: "groq", model: "openai/gpt-oss-120b" },
  { provider: "deepseek", model: "deepseek-v4-pro" },
  { provider: "anthropic", model: "claude-haiku-4-5" },
];
const stopReasons = ["stop", "stop", "toolUse", "toolUse", "length", "aborted", "error", "contentFilter"] as const;

export const blobs: ReadonlyMap<string, Uint8Array> = new Map([
  ["png", Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 0)],
  ["txt", new TextEncoder().encode("lines\nof text")],
  ["empty", new Uint8Array()],
]);

export function randomLog(seed: number): LogEntry[] {
  const random = createRandom(seed);
  const length = random.below(14);
  // Half of the logs are written by one author only, as most real ones are.
  const only = random.chance(0.5) ? random.pick(authors) : undefined;
  const log: LogEntry[] = [];
  for (let index = 0; index < length; index += 1)
    log.push(randomEntry(random, { index: seed * 100 + index, author: only ?? random.pick(authors), log }));
  return log;
}

interface Place {
  index: number;
  author: { provider: string; model: string };
  log: LogEntry[];
}

function randomEntry(random: Random, place: Place): LogEntry {
  const dice = random.next();
  if (dice < 0.3) return { role: "user", content: randomUserParts(random) };
  if (dice < 0.62) return randomAssistant(random, place);
  if (dice < 0.95) return randomResult(random, place.log);
  return { role: "compaction", content: [{ type: "text", text: random.pick(texts) }], kept: random.below(6) };
}

function randomUserParts(random: Random): LogPart[] {
  const parts: LogPart[] = [];
  const count = random.below(4);
  for (let index = 0; index < count; index += 1) {
    const dice = random.next();
    if (dice < 0.7) parts.push({ type: "text", text: random.pick(texts) });
    else if (dice < 0.85)
      parts.push({
        type: "image",
        blobId: random.pick(["png", "gone", "empty"]),
        mimeType: "image/png",
        fileName: "p.png",
        sizeBytes: 12,
      });
    else
      parts.push({
        type: "file",
        blobId: random.pick(["txt", "gone"]),
        mimeType: random.pick(["text/plain", "application/pdf"]),
        fileName: "f.txt",
        sizeBytes: 13,
      });
  }
  return parts;
}

function randomAssistant(random: Random, { index, author }: Place): LogEntry {
  const parts: LogPart[] = [];
  const count = random.below(5);
  for (let part = 0; part < count; part += 1) {
    const data = random.chance(0.7) ? providerData(random, author.provider, `${index}_${part}`) : undefined;
    const dice = random.next();
    if (dice < 0.35) parts.push({ type: "text", text: random.pick(texts), ...(data?.text ? { providerData: data.text } : {}) });
    else if (dice < 0.55)
      parts.push({ type: "thinking", thinking: random.pick(texts), ...(data?.thinking ? { providerData: data.thinking } : {}) });
    else {
      parts.push({
        type: "toolCall",
        id: random.pick(callIds),
        name: random.pick(toolNames),
        arguments: random.pick([{}, { path: "a" }, { deep: { list: [1, null, "x"] } }, { text: "a\ud83d" }]),
        ...(data?.call ? { providerData: data.call } : {}),
      });
    }
  }
  return { role: "assistant", content: parts, ...author, stopReason: random.pick(stopReasons) };
}

/** Shaped as the gateway records it for each provider. */
function providerData(
  random: Random,
  provider: string,
  unique: string,
): { text?: ProviderData; thinking?: ProviderData; call?: ProviderData } {
  const marked: ProviderData = random.chance(0.2) ? { moltworker: { invalidArguments: "{" } } : {};
  if (provider === "anthropic")
    return {
      thinking: { anthropic: random.chance(0.8) ? { signature: `s${unique}` } : { redactedData: `r${unique}` } },
      call: marked,
    };
  if (provider === "google")
    return {
      call: { google: { thoughtSignature: `t${unique}` }, ...marked },
      text: { google: { thoughtSignature: `t${unique}` } },
    };
  if (provider !== "openai") return { call: marked };
  return {
    text: { openai: { itemId: `msg_${unique}` } },
    thinking: { openai: { itemId: `rs_${unique}`, reasoningEncryptedContent: random.chance(0.8) ? `sealed${unique}` : null } },
    call: { openai: { itemId: `fc_${unique}` }, ...marked },
  };
}

function randomResult(random: Random, log: readonly LogEntry[]): LogEntry {
  const made = log.flatMap((entry) =>
    entry.role === "assistant" ? entry.content.flatMap((part) => (part.type === "toolCall" ? [part.id] : [])) : [],
  );
  const toolCallId = made.length > 0 && random.chance(0.75) ? random.pick(made) : random.pick(callIds);
  return {
    role: "toolResult",
    toolCallId,
    toolName: random.pick(toolNames),
    content: random.chance(0.1) ? [] : [{ type: "text", text: random.pick(texts) }],
    isError: random.chance(0.2),
    ...(random.chance(0.1) ? { untrustedFrom: "example.com" } : {}),
  };
}
