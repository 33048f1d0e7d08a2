/** The stock commands that must work against us, and what their users must see. */

import assert from "node:assert/strict";
import { createTestDevice } from "../support/device.ts";
import type { OpenClawRun, Typing } from "../support/openclaw.ts";
import { openRaw, request } from "../support/raw-socket.ts";

export interface ConformanceCase {
  name: string;
  args: string[];
  /** Gets `--url` and `--token`; otherwise the environment says where the gateway is. */
  explicit?: boolean;
  /** Another token than the right one. */
  token?: string;
  /** Run in a terminal, and what is typed there. */
  typing?: Typing;
  /** Expected exit code, default 0. */
  code?: number;
  /** Runs first, against the server's address; what it returns is added to the arguments. */
  prepare?(url: string): Promise<string[]>;
  /** Throws when the output is not what it should be. */
  expect?(run: OpenClawRun): void;
}

const mainSession = "agent:main:conformance";

/** `gateway call` prints the result as JSON. */
function call(method: string, params: object | undefined, expect: (result: never) => void): ConformanceCase {
  const args = ["gateway", "call", method, "--json", ...(params ? ["--params", JSON.stringify(params)] : [])];
  return { name: `gateway call ${method}`, args, explicit: true, expect: (run) => expect(jsonIn(run.stdout) as never) };
}

function jsonIn(text: string): unknown {
  const start = text.search(/[[{]/);
  assert.notEqual(start, -1, "no JSON was printed");
  return JSON.parse(text.slice(start));
}

const says = (pattern: RegExp) => (run: OpenClawRun) => assert.match(run.stdout + run.stderr, pattern);

/** A device that nobody knows asks to be let in. */
async function knock(url: string): Promise<{ requestId: string; deviceId: string }> {
  const device = await createTestDevice();
  const socket = await openRaw(url);
  const { nonce, ts } = (await socket.frame((frame) => frame.event === "connect.challenge")).payload as {
    nonce: string;
    ts: number;
  };
  socket.send(
    request("hello", "connect", await device.connect({ nonce, signedAt: ts, client: { displayName: "Kitchen tablet" } })),
  );
  const { error } = await socket.frame((frame) => frame.id === "hello");
  const { requestId } = (error as NonNullable<typeof error>).details as unknown as { requestId: string };
  return { requestId, deviceId: device.id };
}

/** Devices of the cases below, in the order in which they ask. */
const asked: { requestId: string; deviceId: string }[] = [];
const lastAsked = () => asked.at(-1) as { requestId: string; deviceId: string };

export const cases: ConformanceCase[] = [
  call("health", undefined, (result: { ok: boolean }) => assert.equal(result.ok, true)),
  { name: "gateway health", args: ["gateway", "health"], explicit: true, expect: says(/OK|ok/) },
  { name: "health", args: ["health"] },
  {
    name: "health --json",
    args: ["health", "--json"],
    expect: (run) => assert.equal((jsonIn(run.stdout) as { ok: boolean }).ok, true),
  },
  {
    name: "gateway status",
    args: ["gateway", "status"],
    explicit: true,
    expect: says(/Connectivity probe: ok|RPC probe: ok|probe: ok/i),
  },
  { name: "gateway probe", args: ["gateway", "probe"], explicit: true, expect: says(/Reachable: yes|reachable/i) },
  { name: "status", args: ["status"], expect: says(/reachable/i) },
  call("status", {}, (result: { runtimeVersion: string }) => assert.ok(result.runtimeVersion)),
  call("config.get", {}, (result: { valid: boolean; hash: string }) => {
    assert.equal(result.valid, true);
    assert.ok(result.hash);
  }),
  call("agents.list", {}, (result: { defaultId: string; agents: { id: string }[] }) => {
    assert.equal(result.defaultId, "main");
    assert.equal(result.agents[0]?.id, "main");
  }),
  call("models.list", { refresh: true }, (result: { models: { id: string; available: boolean }[] }) => {
    assert.ok(result.models.some((model) => model.id === "fake-large" && model.available));
  }),
  { name: "models list", args: ["models", "list"] },
  call(
    "chat.send",
    { sessionKey: mainSession, message: "[[say: the first answer]]", idempotencyKey: "conformance-1" },
    (result: { runId: string; status: string }) => {
      assert.deepEqual(result, { runId: "conformance-1", status: "started" });
    },
  ),
  call("agent.wait", { runId: "conformance-1", timeoutMs: 20_000 }, (result: { status: string }) =>
    assert.equal(result.status, "ok"),
  ),
  call(
    "chat.send",
    { sessionKey: mainSession, message: "[[say: the first answer]]", idempotencyKey: "conformance-1" },
    (result: { status: string }) => {
      assert.equal(result.status, "ok");
    },
  ),
  call("chat.history", { sessionKey: mainSession }, (result: { messages: { role: string; content: { text?: string }[] }[] }) => {
    assert.deepEqual(
      result.messages.map((message) => message.role),
      ["user", "assistant"],
    );
    assert.equal(result.messages[1]?.content[0]?.text, "the first answer");
  }),
  call("sessions.list", {}, (result: { sessions: { key: string }[] }) =>
    assert.ok(result.sessions.some((row) => row.key === mainSession)),
  ),
  call("sessions.patch", { key: mainSession, label: "Renamed" }, (result: { ok: boolean; entry: { label: string } }) =>
    assert.equal(result.entry.label, "Renamed"),
  ),
  call("sessions.reset", { key: mainSession }, (result: { ok: boolean }) => assert.equal(result.ok, true)),
  call("sessions.delete", { key: mainSession }, (result: { deleted: boolean }) => assert.equal(result.deleted, true)),
  {
    name: "agent --message: a turn",
    args: ["agent", "--agent", "main", "--message", "[[say: hello from the assistant]]"],
    expect: says(/hello from the assistant/),
  },
  {
    name: "agent --message --json: a turn with a tool",
    args: [
      "agent",
      "--agent",
      "main",
      "--json",
      "--message",
      '[[tool: write {"path":"note.md","content":"kept"}]] [[then]] [[say: written]]',
    ],
    expect: says(/written/),
  },
  { name: "logs", args: ["logs", "--limit", "50", "--plain"], explicit: true, expect: says(/info|run\.|http\./) },
  { name: "devices list: none", args: ["devices", "list"], explicit: true, expect: says(/No device pairing entries/) },
  {
    name: "devices list: one that waits",
    args: ["devices", "list"],
    explicit: true,
    prepare: async (url) => {
      asked.push(await knock(url));
      return [];
    },
    expect: says(/Pending[\s\S]*Kitchen tablet/),
  },
  {
    name: "devices approve",
    args: ["devices", "approve"],
    explicit: true,
    prepare: async () => [lastAsked().requestId],
    expect: says(/Approved/),
  },
  {
    name: "devices approve: once",
    args: ["devices", "approve"],
    explicit: true,
    prepare: async () => [lastAsked().requestId],
    code: 1,
    expect: says(/No pending device request matches/),
  },
  {
    name: "devices list --json: approved",
    args: ["devices", "list", "--json"],
    explicit: true,
    expect: (run) => {
      const { pending, paired } = jsonIn(run.stdout) as { pending: unknown[]; paired: { deviceId: string; scopes: string[] }[] };
      assert.deepEqual(pending, []);
      assert.deepEqual(
        paired.map(({ deviceId, scopes }) => ({ deviceId, scopes })),
        [{ deviceId: lastAsked().deviceId, scopes: ["operator.read", "operator.write"] }],
      );
    },
  },
  {
    name: "devices rotate",
    args: ["devices", "rotate", "--role", "operator", "--device"],
    explicit: true,
    prepare: async () => [lastAsked().deviceId],
  },
  {
    name: "devices revoke",
    args: ["devices", "revoke", "--role", "operator", "--device"],
    explicit: true,
    prepare: async () => [lastAsked().deviceId],
  },
  {
    name: "devices remove",
    args: ["devices", "remove"],
    explicit: true,
    prepare: async () => [lastAsked().deviceId],
    expect: says(/Removed/),
  },
  {
    name: "devices reject",
    args: ["devices", "reject"],
    explicit: true,
    prepare: async (url) => {
      asked.push(await knock(url));
      return [lastAsked().requestId];
    },
    expect: says(/Rejected/i),
  },
  {
    name: "tui: a turn typed by hand",
    args: ["tui", "--session", "main"],
    explicit: true,
    typing: { ready: /connected/, input: "ping by hand\r", until: /answer to: .*ping by hand/ },
  },
  {
    name: "gateway call of an unknown method",
    args: ["gateway", "call", "no.such.method", "--json"],
    explicit: true,
    code: 1,
    expect: says(/unknown method/i),
  },
  {
    name: "gateway call with a wrong token",
    args: ["gateway", "call", "health"],
    explicit: true,
    token: "not-the-token",
    code: 1,
    expect: says(/token mismatch/i),
  },
];
