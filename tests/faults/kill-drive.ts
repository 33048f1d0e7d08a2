/** Drives conversations against the whole product while its process tree is killed at seeded moments; keeps what was seen from outside. */

import type { ChatEvent } from "../../packages/protocol/src/events.ts";
import type { ChatHistory } from "../../packages/protocol/src/methods.ts";
import { type FakeProvider, startFakeProvider } from "../fakes/provider.ts";
import { connectClient, type RecordingClient } from "../support/client.ts";
import { createRandom, type Random } from "../support/random.ts";
import { type Server, startServer } from "../support/server.ts";

export interface KillPlan {
  seed: number;
  messages: number;
  kills: number;
  sessions: number;
}

export interface SentMessage {
  token: string;
  sessionKey: string;
  runId: string;
  text: string;
  kind: "plain" | "slow" | "tool";
  acknowledged: boolean;
}

export interface Kill {
  /** Epoch ms of the moment the new process was started. */
  restartedAt: number;
  /** Epoch ms of its ready line. */
  upAt: number;
  startMs: number;
  /** Runs that had reached the provider and had not ended when the tree was killed. */
  cut: string[];
}

export interface KillRecord {
  sent: SentMessage[];
  kills: Kill[];
  provider: FakeProvider;
  client: RecordingClient;
  histories: Map<string, ChatHistory>;
  tally: string;
  server: Server;
}

/** A kill comes at most this many milliseconds after its share of the messages was sent. */
const lifeMs = 500;

export async function driveWithKills(plan: KillPlan): Promise<KillRecord> {
  const provider = await startFakeProvider();
  const env = {
    OPENAI_COMPATIBLE_BASE_URL: `${provider.url}/v1`,
    OPENAI_COMPATIBLE_API_KEY: "test-key",
    MOLTWORKER_MODEL: "openai-compatible/fake-1",
  };
  const server = await startServer({ env });
  const client = await connectClient(server.url, { dataDir: server.dataDir });
  const record: KillRecord = { sent: [], kills: [], provider, client, histories: new Map(), tally: "", server };
  const killer = killAtRandom(record, plan, createRandom(plan.seed + 1));
  await Promise.all(
    Array.from({ length: plan.sessions }, (_, index) => converse(record, plan, index, createRandom(plan.seed + 100 + index))),
  );
  await killer;
  await allEnded(record);
  for (const key of new Set(record.sent.map((message) => message.sessionKey))) {
    record.histories.set(
      key,
      await client.request("chat.history", { sessionKey: key, limit: 1000 }, { resend: true, timeoutMs: 60_000 }),
    );
  }
  const file = await client.request("agents.files.get", { name: "tally.txt" }, { resend: true });
  record.tally = file.file.content;
  return record;
}

async function converse(record: KillRecord, plan: KillPlan, index: number, random: Random): Promise<void> {
  const sessionKey = `agent:main:fault-${index}`;
  const count = Math.ceil(plan.messages / plan.sessions);
  for (let turn = 0; turn < count; turn += 1) {
    const message = makeMessage(sessionKey, `${index}-${turn}`, random);
    record.sent.push(message);
    await record.client.request(
      "chat.send",
      { sessionKey, message: message.text, idempotencyKey: message.runId, queueMode: "followup" },
      { resend: true, timeoutMs: 120_000 },
    );
    message.acknowledged = true;
    // Most people wait for the answer; some write on.
    if (random.chance(0.7)) await ended(record.client, message.runId);
  }
}

function makeMessage(sessionKey: string, place: string, random: Random): SentMessage {
  const token = `tok-${place}-${random.below(1e9).toString(36)}`;
  const roll = random.next();
  const kind = roll < 0.5 ? "plain" : roll < 0.8 ? "slow" : "tool";
  const text =
    kind === "plain"
      ? `[[say: answer ${token}.]] [[wait: ${random.below(60)}]]`
      : kind === "slow"
        ? `[[say: slowly now, here comes the long answer ${token}.]] [[delay: ${5 + random.below(20)}]]`
        : `[[tool: bash {"command":"echo ${token} >> tally.txt"}]] [[wait: ${random.below(60)}]] [[then]] [[say: noted, answer ${token}.]]`;
  return { token, sessionKey, runId: `run-${token}`, text, kind, acknowledged: false };
}

const isEnd = (event: ChatEvent) => event.state === "final" || event.state === "aborted" || event.state === "error";

export function endsOf(client: RecordingClient, runId: string): ChatEvent[] {
  return client.events.flatMap((frame) => {
    if (frame.event !== "chat") return [];
    const event = frame.payload as ChatEvent;
    return event.runId === runId && isEnd(event) ? [event] : [];
  });
}

async function ended(client: RecordingClient, runId: string): Promise<void> {
  await client.event(
    (frame) => frame.event === "chat" && (frame.payload as ChatEvent).runId === runId && isEnd(frame.payload as ChatEvent),
    180_000,
  );
}

async function allEnded(record: KillRecord): Promise<void> {
  for (const message of record.sent) await ended(record.client, message.runId);
}

/** Spreads the kills over the messages: the next one comes a random moment after its share of them was sent. */
async function killAtRandom(record: KillRecord, plan: KillPlan, random: Random): Promise<void> {
  for (let index = 0; index < plan.kills; index += 1) {
    const share = Math.floor(((index + 1) * plan.messages) / (plan.kills + 1));
    await reached(() => record.sent.length >= share);
    await pause(random.below(lifeMs));
    const cut = openRuns(record);
    await record.server.killTree();
    const restartedAt = Date.now();
    await record.server.restart();
    record.kills.push({ restartedAt, upAt: Date.now(), startMs: record.server.startMs, cut });
  }
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function reached(condition: () => boolean): Promise<void> {
  while (!condition()) await pause(5);
}

/** Runs whose call the provider has seen and whose end nobody has. */
function openRuns(record: KillRecord): string[] {
  const reached = record.sent.filter((message) =>
    record.provider.requests.some((request) => request.lastUserText.includes(message.token)),
  );
  return reached.filter((message) => endsOf(record.client, message.runId).length === 0).map((message) => message.runId);
}
