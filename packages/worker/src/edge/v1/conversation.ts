/** Which conversation a request belongs to: one of its own, a lasting one named by `user`, one that it names, or an earlier response's. */

import { MoltError } from "@moltworker/protocol/errors";
import { hasScope } from "@moltworker/protocol/scopes";
import type { LogEntry } from "../../agent/log-entry.ts";
import type { Principal } from "../../auth/principal.ts";
import { sha256Hex } from "../../platform/sha256.ts";
import type { RunStore } from "../../runs/run-store.ts";
import { defaultAgentId, resolveSessionKey } from "../../sessions/session-key.ts";
import type { Transcript } from "../../sessions/transcript.ts";
import type { Asked } from "./asked.ts";
import type { RequestStore, StoredRequest } from "./request-store.ts";

export interface Conversation {
  key: string;
  /** It belongs to this request alone: it is kept out of sight and dropped after a while. */
  once: boolean;
  /** Its history is kept here: only the newest turns of the request are new. */
  remembers: boolean;
  /** What it begins with, when it branches off from another one. */
  copied: LogEntry[];
}

export interface ConversationDeps {
  requests: Pick<RequestStore, "find">;
  runs: Pick<RunStore, "get" | "open">;
  transcript: Pick<Transcript, "context">;
}

/** Whose requests, responses and `user` names these are. The gateway token's rotation changes none of them. */
export function ownerOf(principal: Principal): string {
  return principal.kind === "api" || principal.kind === "device" ? `${principal.kind}:${principal.id}` : "owner";
}

interface Place {
  principal: Principal;
  asked: Asked;
  runId: string;
  /** `x-openclaw-session-key`. */
  named: string | null;
}

/** Throws FORBIDDEN for a conversation of somebody else's, NOT_FOUND for a response of somebody else's. */
export async function conversationOf(deps: ConversationDeps, { principal, asked, runId, named }: Place): Promise<Conversation> {
  const owner = ownerOf(principal);
  const own = `agent:${defaultAgentId}:openai:${owner.replace(":", "-")}:`;
  const lasting = { once: false, remembers: true, copied: [] };
  if (named !== null) {
    const key = resolveSessionKey(named);
    if (!key.startsWith(own) && !hasScope(principal.scopes, "operator.admin"))
      throw new MoltError("FORBIDDEN", {
        message: "this token may not enter that conversation",
        hint: "Leave x-openclaw-session-key out, name a conversation by `user`, or use a token with operator.admin.",
        details: { missingScope: "operator.admin", requiredScopes: ["operator.admin"] },
      });
    return { key, ...lasting };
  }
  if (asked.previousId !== undefined) return after(deps, owner, asked.previousId, `${own}once:${runId}`);
  if (asked.user !== undefined) return { key: `${own}user:${await nameOf(asked.user)}`, ...lasting };
  return { key: `${own}once:${runId}`, once: true, remembers: false, copied: [] };
}

/** The end of its conversation is gone on from; anything earlier is branched off from. */
function after(deps: ConversationDeps, owner: string, responseId: string, branch: string): Conversation {
  const previous = responseId.startsWith("resp_") ? deps.requests.find(owner, responseId.slice("resp_".length)) : undefined;
  if (!previous || !isStored(previous))
    throw new MoltError("NOT_FOUND", {
      message: "there is no response with that previous_response_id",
      hint: "Responses are kept for 30 days, for the token that asked; send the conversation in `input` instead.",
      details: { param: "previous_response_id" },
    });
  if (deps.runs.get(previous.id)?.ended_at === null)
    throw new MoltError("CONFLICT", {
      message: "the previous response is still being made",
      hint: "Wait for its end, then go on from it.",
      details: { param: "previous_response_id" },
    });
  const rows = deps.transcript.context(previous.session_key);
  const end = rows.findLastIndex((row) => row.runId === previous.id);
  const isTail = end === rows.length - 1 && deps.runs.open(previous.session_key).length === 0;
  if (isTail) return { key: previous.session_key, once: previous.once === 1, remembers: true, copied: [] };
  return { key: branch, once: true, remembers: true, copied: rows.slice(0, end + 1).map((row) => row.entry) };
}

export const isStored = (request: StoredRequest): boolean =>
  request.form === "responses" && (JSON.parse(request.echo) as { store?: boolean }).store !== false;

/** Readable where it can be, and never two users under one name. */
async function nameOf(user: string): Promise<string> {
  const plain = encodeURIComponent(user.toWellFormed());
  return plain.length <= 120 ? plain : `sha256-${await sha256Hex(new TextEncoder().encode(user))}`;
}
