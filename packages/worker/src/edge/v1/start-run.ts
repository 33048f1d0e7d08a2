/**
 * A request becomes rows and a run, once: the run's id comes from the Idempotency-Key, and whoever asks again under the same
 * key gets the same run. Rows first; only then does anything go out.
 */

import { MoltError } from "@moltworker/protocol/errors";
import type { LogEntry, LogPart } from "../../agent/log-entry.ts";
import type { Gateway } from "../../ai-gateway/gateway.ts";
import type { Principal } from "../../auth/principal.ts";
import type { Clock } from "../../platform/clock.ts";
import { createId } from "../../platform/id.ts";
import { sha256Hex } from "../../platform/sha256.ts";
import type { RunOptions } from "../../runs/run-store.ts";
import type { Runner } from "../../runs/runner.ts";
import type { SessionStore } from "../../sessions/session-store.ts";
import type { Transcript } from "../../sessions/transcript.ts";
import type { Database } from "../../storage/database.ts";
import { type Asked, type EntryDraft, splitTurns } from "./asked.ts";
import { chooseModel } from "./choose-model.ts";
import { type Conversation, type ConversationDeps, conversationOf, ownerOf } from "./conversation.ts";
import type { RequestStore, StoredRequest } from "./request-store.ts";
import { type DraftDeps, storeDrafts, storeInput } from "./store-drafts.ts";

const httpChannel = "http-api";
/** An answer can be asked for again this long; a stored response longer. */
const KEEP_MS = 86_400_000;
const KEEP_STORED_MS = 30 * 86_400_000;

export interface StartDeps extends DraftDeps, ConversationDeps {
  db: Database;
  clock: Clock;
  models: Gateway;
  requests: RequestStore;
  runner: Runner;
  sessions: SessionStore;
  transcript: Transcript;
}

export interface Ask {
  principal: Principal;
  asked: Asked;
  bodyHash: string;
  /** `Idempotency-Key`. */
  key: string | null;
  /** `x-openclaw-session-key`. */
  sessionKey: string | null;
  /** `x-openclaw-model`. */
  model: string | null;
}

export interface Started {
  request: StoredRequest;
  /** True when the key named a run that was there already. */
  repeated: boolean;
}

/** Throws CONFLICT for a key that was used with another body, SUSPENDED, and what parsing and storing the content throws. */
export async function startRun(deps: StartDeps, ask: Ask): Promise<Started> {
  const { asked, principal } = ask;
  const owner = ownerOf(principal);
  const runId = await runIdOf(deps, owner, ask.key);
  const known = knownRequest(deps, owner, runId, ask);
  if (known) return known;
  if (deps.runner.suspended) throw new MoltError("SUSPENDED");
  const model = await chooseModel(deps.models, ask.model ?? asked.model);
  const conversation = await conversationOf(deps, { principal, asked, runId, named: ask.sessionKey });
  const { history, input } = splitTurns(asked.entries);
  const content = await storeInput(deps, checkInput(input));
  const before = conversation.remembers ? conversation.copied : await storeDrafts(deps, history);
  // Whatever was waited for, another request under the same key may have come first.
  return knownRequest(deps, owner, runId, ask) ?? insert(deps, ask, { owner, runId, model, conversation, content, before });
}

async function runIdOf({ clock }: StartDeps, owner: string, key: string | null): Promise<string> {
  if (key === null) return createId("http", clock.now());
  if (key === "" || key.length > 255)
    throw new MoltError("INVALID_REQUEST", { message: "the Idempotency-Key must have 1 to 255 characters" });
  return `http_${(await sha256Hex(new TextEncoder().encode(`${owner}\n${key}`))).slice(0, 40)}`;
}

function knownRequest({ requests }: StartDeps, owner: string, runId: string, ask: Ask): Started | undefined {
  const request = requests.find(owner, runId);
  if (!request) return undefined;
  if (request.body_hash !== ask.bodyHash)
    throw new MoltError("CONFLICT", {
      message: "this Idempotency-Key was used for another request",
      hint: "Use a new key for each new request, and the same body when you repeat one.",
      details: { param: "Idempotency-Key" },
    });
  return { request, repeated: true };
}

function checkInput(input: EntryDraft[]): EntryDraft[] {
  const said = input.some((draft) => draft.role === "user" && (draft.text.trim() !== "" || draft.files.length > 0));
  if (said) return input;
  throw new MoltError("INVALID_REQUEST", {
    message: "the last message must be the user's, and must say something",
    hint: "End the conversation with a message of role `user`.",
    details: { param: "messages" },
  });
}

interface Parts {
  owner: string;
  runId: string;
  model: string | undefined;
  conversation: Conversation;
  content: LogPart[];
  before: LogEntry[];
}

function insert(deps: StartDeps, { principal, asked, bodyHash, key }: Ask, parts: Parts): Started {
  const { db, sessions, transcript, runner, requests, clock } = deps;
  const { owner, runId, conversation, content, before } = parts;
  const request = db.transaction(() => {
    const stored = requests.insert({
      id: runId,
      owner,
      form: asked.form,
      body_hash: bodyHash,
      session_key: conversation.key,
      model: asked.model,
      echo: JSON.stringify(asked.echo),
      once: conversation.once ? 1 : 0,
      keyed: key === null ? 0 : 1,
      background: asked.background ? 1 : 0,
      expires_at: clock.now() + (asked.form === "responses" && asked.store ? KEEP_STORED_MS : KEEP_MS),
    });
    const { created } = sessions.ensure(conversation.key);
    // A conversation that nobody will come back to does not belong into people's list.
    if (created && conversation.once) sessions.patch(conversation.key, { archived: true });
    if (created) for (const entry of before) transcript.append(conversation.key, entry, {});
    runner.accept(
      {
        dedupeKey: `${httpChannel}:${runId}`,
        sessionKey: conversation.key,
        runId,
        channel: httpChannel,
        principal,
        content,
        // Whoever waits for an answer of its own must not have its message merged into another run.
        queueMode: "followup",
      },
      { thinking: asked.thinking ?? null, run: runOptions(asked, parts.model) },
    );
    return stored;
  });
  return { request, repeated: false };
}

function runOptions(asked: Asked, model: string | undefined): RunOptions {
  return {
    ...(model === undefined ? {} : { model }),
    ...(asked.instructions === "" ? {} : { instructions: asked.instructions }),
    ...(asked.maxOutputTokens === undefined ? {} : { maxOutputTokens: asked.maxOutputTokens }),
  };
}
