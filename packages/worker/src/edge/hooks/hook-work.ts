/** What a verified webhook does: a run, or a line in a conversation. Its row, its message and its run are one commit. */

import { MoltError } from "@moltworker/protocol/errors";
import type { ThinkingLevel } from "@moltworker/protocol/rows";
import type { LogPart } from "../../agent/log-entry.ts";
import type { Gateway } from "../../ai-gateway/gateway.ts";
import type { Principal } from "../../auth/principal.ts";
import { sha256Hex } from "../../platform/sha256.ts";
import { announceMessage } from "../../runs/announce-message.ts";
import type { EventSink } from "../../runs/event-sink.ts";
import type { Runner } from "../../runs/runner.ts";
import { resolveSessionKey } from "../../sessions/session-key.ts";
import type { SessionStore } from "../../sessions/session-store.ts";
import type { Transcript } from "../../sessions/transcript.ts";
import type { Database } from "../../storage/database.ts";
import type { HookStore, Target } from "./hook-store.ts";

export interface HookWorkDeps {
  db: Database;
  hooks: HookStore;
  runner: Runner;
  sessions: SessionStore;
  transcript: Transcript;
  sink: EventSink;
  models: Pick<Gateway, "describe">;
  /** Throws NOT_FOUND when there is no such channel or account. */
  checkTarget(target: Target): Promise<void>;
}

export interface HookJob {
  hook: string;
  /** What names this delivery; the same again changes nothing. */
  delivery: string;
  text: string;
  /** undefined: a conversation of its own, kept out of people's list. */
  session: string | undefined;
  label: string | undefined;
  tools: "read" | "all";
  /** null: it is only put into the conversation. */
  run: { model: string | undefined; thinking: ThinkingLevel | undefined; deadlineMs: number | undefined } | null;
  target: Target | null;
}

export interface Done {
  runId: string | null;
  sessionKey: string;
  duplicate: boolean;
}

/** Throws SUSPENDED, MODEL_UNKNOWN, NOT_FOUND, INVALID_REQUEST; then nothing has changed. */
export async function doHookJob(deps: HookWorkDeps, job: HookJob): Promise<Done> {
  const known = deps.hooks.find(job.hook, job.delivery);
  if (known) return { runId: known.run_id, sessionKey: known.session_key, duplicate: true };
  if (job.run && deps.runner.suspended) throw new MoltError("SUSPENDED");
  if (job.run?.model !== undefined) deps.models.describe(job.run.model);
  if (job.target) await deps.checkTarget(job.target);
  const runId = `hook_${(await sha256Hex(new TextEncoder().encode(`${job.hook}\n${job.delivery}`))).slice(0, 40)}`;
  const sessionKey = resolveSessionKey(job.session ?? `hook:${runId}`);
  // Another request with the same delivery may have come first.
  const raced = deps.hooks.find(job.hook, job.delivery);
  if (raced) return { runId: raced.run_id, sessionKey: raced.session_key, duplicate: true };
  deps.db.transaction(() => {
    deps.hooks.insert({
      hook: job.hook,
      delivery: job.delivery,
      session_key: sessionKey,
      run_id: job.run ? runId : null,
      target: job.run && job.target ? JSON.stringify(job.target) : null,
    });
    const { created } = deps.sessions.ensure(sessionKey);
    if (created) deps.sessions.patch(sessionKey, { label: job.label ?? null, archived: job.session === undefined });
    if (job.run) accept(deps, job, { runId, sessionKey });
    else note(deps, job, sessionKey);
  });
  return { runId: job.run ? runId : null, sessionKey, duplicate: false };
}

/** A webhook acts for the owner, within what its settings leave; its words are outside text all the same. */
function principalOf({ hook, tools }: HookJob): Principal {
  return {
    kind: "webhook",
    id: `hook:${hook}`,
    scopes: ["operator.read", "operator.write"],
    via: "hook",
    mayAct: tools === "all",
  };
}

const sourceOf = ({ hook }: HookJob) => `the webhook "${hook}"`;

function accept({ runner }: HookWorkDeps, job: HookJob, { runId, sessionKey }: { runId: string; sessionKey: string }): void {
  const { run } = job;
  runner.accept(
    {
      dedupeKey: `hook:${job.hook}:${job.delivery}`,
      sessionKey,
      runId,
      channel: "hook",
      principal: principalOf(job),
      content: partsOf(job),
      queueMode: "followup",
      outsideFrom: sourceOf(job),
    },
    {
      thinking: run?.thinking ?? null,
      deadlineMs: run?.deadlineMs ?? null,
      ...(run?.model === undefined ? {} : { run: { model: run.model } }),
    },
  );
}

/** Read with the conversation's next message. */
function note({ transcript, sessions, sink }: HookWorkDeps, job: HookJob, sessionKey: string): void {
  const entry = { role: "user" as const, content: partsOf(job), untrustedFrom: sourceOf(job) };
  announceMessage(sink, sessionKey, transcript.append(sessionKey, entry, {}));
  sessions.touch(sessionKey, { lastText: job.text, unread: true });
}

const partsOf = ({ text }: HookJob): LogPart[] => [{ type: "text", text }];
