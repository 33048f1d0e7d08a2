/** A home of OpenClaw as its users have it, with secrets that must not be seen again. */

import type { TarContent } from "./tar.ts";

const jsonLines = (...events: object[]) => `${events.map((event) => JSON.stringify(event)).join("\n")}\n`;

export const secretsOfHome = {
  botToken: "12345678:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
  gatewayToken: "old gateway token +/=#&%",
  anthropic: "sk-ant-canary-000000000001",
  groq: "gsk_canary_000000000002",
};

/** A tool was called, and one answer was left for another. */
const newestConversation = jsonLines(
  { type: "session", version: 3, id: "s-new", timestamp: "2026-02-01T10:00:00.000Z" },
  {
    type: "message",
    id: "m1",
    parentId: null,
    timestamp: "2026-02-01T10:00:01.000Z",
    message: { role: "user", content: "What is the time?", timestamp: 1_770_000_001_000 },
  },
  {
    type: "message",
    id: "m2",
    parentId: "m1",
    timestamp: "2026-02-01T10:00:02.000Z",
    message: {
      role: "assistant",
      content: [{ type: "toolCall", id: "call_1", name: "exec", arguments: { command: "date" } }],
      provider: "anthropic",
      model: "claude",
      stopReason: "toolUse",
      usage: { input: 10, output: 2, cacheRead: 5, cacheWrite: 0, totalTokens: 17 },
    },
  },
  {
    type: "message",
    id: "m3",
    parentId: "m2",
    timestamp: "2026-02-01T10:00:03.000Z",
    message: {
      role: "toolResult",
      toolCallId: "call_1",
      toolName: "exec",
      content: [{ type: "text", text: "ten" }],
      isError: false,
    },
  },
  {
    type: "message",
    id: "dead",
    parentId: "m1",
    timestamp: "2026-02-01T10:00:03.500Z",
    message: { role: "assistant", content: [{ type: "text", text: "a branch that was left" }] },
  },
  {
    type: "message",
    id: "m4",
    parentId: "m3",
    timestamp: "2026-02-01T10:00:04.000Z",
    message: {
      role: "assistant",
      content: [{ type: "text", text: "It is ten." }],
      provider: "anthropic",
      model: "claude",
      stopReason: "stop",
    },
  },
);

/** From before events had parents; its last line is half written. */
const formerConversation = `${jsonLines(
  {
    type: "message",
    id: "o1",
    timestamp: "2026-01-01T10:00:01.000Z",
    message: {
      role: "user",
      content: [
        { type: "text", text: "long ago" },
        { type: "image", data: btoa("PNG"), mimeType: "image/png" },
      ],
    },
  },
  {
    type: "message",
    id: "o2",
    timestamp: "2026-01-01T10:00:02.000Z",
    message: { role: "assistant", content: [{ type: "text", text: "yes" }] },
  },
)}{"type":"message","id":"cut`;

/** The config folder of a home, below `folder`, and a workspace below `workspace`. */
export function homeFiles(folder: string, workspace: string, configName = "openclaw.json"): Record<string, TarContent> {
  return {
    [`${folder}${configName}`]: `// written by hand\n{
      agents: { defaults: { model: { primary: "anthropic/claude-sonnet-5" }, workspace: "~/.openclaw/workspace" }, list: [{ id: "main", identity: { name: "Ada" } }] },
      gateway: { mode: "local", auth: { token: ${JSON.stringify(secretsOfHome.gatewayToken)} } },
      models: { providers: {
        anthropic: { apiKey: "\${ANTHROPIC_API_KEY}" },
        "cf-ai-gw-anthropic": { baseUrl: "https://gateway.example/v1/a/b/anthropic", apiKey: "x" },
        mine: { baseUrl: "https://models.example/v1", api: "openai-completions", models: [{ id: "big" }] },
      } },
      channels: { telegram: { enabled: true, botToken: ${JSON.stringify(secretsOfHome.botToken)}, dm: {}, dmPolicy: "allowlist", allowFrom: ["4711"] } },
      bogus: 1,
    }`,
    [`${folder}.env`]: `ANTHROPIC_API_KEY="${secretsOfHome.anthropic}"\nexport GROQ_API_KEY=${secretsOfHome.groq} # mine\n`,
    [`${folder}agents/main/sessions/sessions.json`]: JSON.stringify({
      "agent:main:main": { sessionId: "s-new", updatedAt: 1_700_000_500_000 },
    }),
    [`${folder}agents/main/sessions/s-new.jsonl`]: newestConversation,
    [`${folder}agents/main/sessions/s-old.jsonl`]: formerConversation,
    [`${folder}cron/jobs.json`]: JSON.stringify({
      version: 1,
      jobs: [{ id: "j1", name: "morning", schedule: { kind: "cron", expr: "0 8 * * *" } }],
    }),
    [`${folder}cache/big.bin`]: "x",
    [`${workspace}SOUL.md`]: "# A soul of my own\n",
    [`${workspace}memory/2026-02-01.md`]: "We met.\n",
    [`${workspace}.git/HEAD`]: "ref: refs/heads/main\n",
  };
}
