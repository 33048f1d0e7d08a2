/**
 * One assistant's run machinery on an in-memory database, with a scripted model. `crash()` ends this life as `kill -9`
 * would: nothing of it may write any more; `revive()` builds the next life on the same rows.
 */

import type { EventMap, EventName } from "../../packages/protocol/src/events.ts";
import type { LogPart } from "../../packages/worker/src/agent/log-entry.ts";
import type { ModelCall, ModelEvent, ModelPort } from "../../packages/worker/src/agent/model.ts";
import type { Tool } from "../../packages/worker/src/agent/tool.ts";
import type { Principal } from "../../packages/worker/src/auth/principal.ts";
import { migrations } from "../../packages/worker/src/catalog/migrations.ts";
import { systemClock } from "../../packages/worker/src/platform/clock.ts";
import { createApprovals } from "../../packages/worker/src/runs/approvals.ts";
import type { AgentSettings } from "../../packages/worker/src/runs/run-context.ts";
import { createRunStore } from "../../packages/worker/src/runs/run-store.ts";
import { createRunner, type Runner } from "../../packages/worker/src/runs/runner.ts";
import { createToolLedger } from "../../packages/worker/src/runs/tool-ledger.ts";
import { createInbox } from "../../packages/worker/src/sessions/inbox.ts";
import { createOutbox } from "../../packages/worker/src/sessions/outbox.ts";
import { createSessionStore } from "../../packages/worker/src/sessions/session-store.ts";
import { createTranscript } from "../../packages/worker/src/sessions/transcript.ts";
import type { Database } from "../../packages/worker/src/storage/database.ts";
import { createMarks } from "../../packages/worker/src/storage/marks.ts";
import { migrate } from "../../packages/worker/src/storage/migrations.ts";
import { createWorkspace } from "../../packages/worker/src/storage/workspace.ts";
import { createTestDatabase } from "./database.ts";

/** `turn` counts the calls over all lives, from 0. */
export type Script = (call: ModelCall, turn: number) => AsyncIterable<ModelEvent>;

export interface SeenEvent<Name extends EventName = EventName> {
  event: Name;
  payload: EventMap[Name];
}

export interface World {
  db: Database;
  runner: Runner;
  transcript: ReturnType<typeof createTranscript>;
  approvals: ReturnType<typeof createApprovals>;
  store: ReturnType<typeof createRunStore>;
  workspace: ReturnType<typeof createWorkspace>;
  sessions: ReturnType<typeof createSessionStore>;
  /** Over all lives. */
  events: SeenEvent[];
  modelCalls: ModelCall[];
  crash(): void;
  revive(): World;
  /** Sends `text` and returns the run's id. */
  send(
    text: string,
    options?: {
      id?: string;
      queueMode?: "steer" | "followup" | "collect" | "interrupt";
      replaceFrom?: string;
      sessionKey?: string;
    },
  ): string;
  /** `role: text` of each live log row. */
  log(sessionKey?: string): string[];
  ends(runId: string): string[];
}

export interface WorldOptions {
  /** Stands before the database, anew in each life. */
  wrap?: (db: Database) => Database;
  script: Script;
  tools?: Tool[];
  settings?: Partial<AgentSettings>;
}

export const owner = { kind: "owner", id: "test", scopes: ["operator.admin"], via: "token" } as const satisfies Principal;
export const testSession = "agent:main:test";
const settings: AgentSettings = {
  name: "Test",
  thinking: "off",
  maxSteps: 20,
  maxConcurrentRuns: 8,
  compactAt: 0.75,
  approvalMinutes: 5,
};
const noUsage = { input: 1, output: 1, cacheRead: 0, cacheWrite: 0, reasoning: 0, totalTokens: 2, cost: null, estimated: false };

export function finishEvent(content: LogPart[]): ModelEvent {
  return { type: "finish", content, usage: noUsage, stopReason: "stop", provider: "fake", model: "one" };
}

/** A model that says this text, one word an event. */
export async function* says(text: string): AsyncIterable<ModelEvent> {
  for (const word of text.split(/(?<= )/)) {
    await Promise.resolve();
    yield { type: "text", delta: word };
  }
  yield finishEvent([{ type: "text", text }]);
}

export async function* calls(...parts: { name: string; args: Record<string, unknown> }[]): AsyncIterable<ModelEvent> {
  await Promise.resolve();
  yield finishEvent(parts.map(({ name, args }, index) => ({ type: "toolCall", id: `${name}-${index}`, name, arguments: args })));
}

export function createWorld(options: WorldOptions): World {
  const base = createTestDatabase();
  migrate(base, migrations, systemClock);
  return live(base, options, [], [], 1);
}

const modelRow: ModelPort["describe"] = (ref) => ({
  id: ref,
  ref,
  name: ref,
  provider: "fake",
  contextWindow: 100_000,
  maxOutputTokens: 4_000,
  reasoning: false,
  input: ["text"],
  available: true,
  thinkingLevels: ["off"],
  tags: [],
  price: null,
});

/** What a run may reach beyond rows and the model: here nothing. */
const nothingOutside = {
  log: { debug() {}, info() {}, warn() {}, error() {} },
  egress: { fetch: () => Promise.reject(new Error("no network in this test")) },
  blobs: {
    put: async () => ({ sizeBytes: 0, mimeType: "", sha256: "", createdAt: 0 }),
    info: () => undefined,
    get: async () => undefined,
    bytes: async () => undefined,
    delete: async () => {},
  },
  authorize: () => {},
  onActivity: () => {},
  onSessionChanged: () => {},
};

function live(base: Database, options: WorldOptions, events: SeenEvent[], modelCalls: ModelCall[], life: number): World {
  let dead = false;
  const db = mortal(options.wrap?.(base) ?? base, () => dead);
  const clock = systemClock;
  const sink = {
    publish: <Name extends EventName>(event: Name, payload: EventMap[Name]) => {
      if (!dead) events.push({ event, payload } as SeenEvent);
    },
    announce: () => {},
  };
  const sessions = createSessionStore(db, clock);
  const transcript = createTranscript(db, clock);
  const inbox = createInbox(db, clock);
  const store = createRunStore(db, clock);
  const approvals = createApprovals({ db, clock, events: sink, onSchedule: () => {} });
  const marks = createMarks(db);
  const workspace = createWorkspace(db, clock);
  const models: ModelPort = {
    stream(call) {
      modelCalls.push(call);
      return options.script(call, modelCalls.length - 1);
    },
    settled: async () => {},
    describe: modelRow,
  };
  const runner = createRunner({
    db,
    clock,
    sink,
    sessions,
    transcript,
    inbox,
    outbox: createOutbox(db, clock),
    store,
    ledger: createToolLedger(db, clock, `boot-${life}`),
    approvals,
    ...nothingOutside,
    models,
    modelFor: () => "fake/one",
    tools: options.tools ?? [],
    workspace,
    settings: () => ({ ...settings, ...options.settings }),
    suspension: { get: () => marks.get("suspended") === "yes", set: (on) => marks.set("suspended", on ? "yes" : "no") },
  });
  const world: World = {
    db,
    runner,
    transcript,
    approvals,
    store,
    workspace,
    sessions,
    events,
    modelCalls,
    crash: () => {
      dead = true;
    },
    revive() {
      const next = live(base, options, events, modelCalls, life + 1);
      next.runner.recover();
      return next;
    },
    send(text, { id = `run-${crypto.randomUUID()}`, queueMode = "steer", replaceFrom, sessionKey = testSession } = {}) {
      runner.accept(
        {
          dedupeKey: `chat:${id}`,
          sessionKey,
          runId: id,
          channel: "webchat",
          principal: owner,
          content: [{ type: "text", text }],
          queueMode,
        },
        replaceFrom === undefined ? {} : { replaceFromMessageId: replaceFrom },
      );
      return id;
    },
    log: (sessionKey = testSession) =>
      transcript.page(sessionKey, 1_000, 0).messages.map(({ entry }) => {
        const text = entry.content
          .map((part) => (part.type === "text" ? part.text : part.type === "toolCall" ? `<${part.name}>` : ""))
          .join("");
        return `${entry.role}: ${text}`;
      }),
    ends: (runId) =>
      events.flatMap((seen) => {
        if (seen.event !== "chat") return [];
        const payload = seen.payload as EventMap["chat"];
        return payload.runId === runId && ["final", "aborted", "error"].includes(payload.state) ? [payload.state] : [];
      }),
  };
  return world;
}

/** A database that a dead process can no longer reach. */
function mortal(db: Database, isDead: () => boolean): Database {
  const living = () => {
    if (isDead()) throw new Error("this life is over");
    return db;
  };
  return {
    all: (sql, ...bindings) => living().all(sql, ...bindings),
    one: (sql, ...bindings) => living().one(sql, ...bindings),
    run: (sql, ...bindings) => living().run(sql, ...bindings),
    values: (sql, ...bindings) => living().values(sql, ...bindings),
    transaction: (work) => living().transaction(work),
  };
}
