/** Sessions as people and clients see them: stored row plus model facts plus what runs. */

import type { ModelRow, SessionRow } from "@moltworker/protocol/rows";
import type { SessionStore, StoredSession } from "./session-store.ts";

interface Dependencies {
  sessions: SessionStore;
  modelFor(sessionKey: string): string;
  /** Facts of a model, or undefined when no provider offers it any more. */
  describe(ref: string): ModelRow | undefined;
  /** Ids and states of open runs of a session. */
  openRuns(sessionKey: string): { id: string; state: string }[];
}

export interface SessionView {
  row(session: StoredSession): SessionRow;
  /** null when there is none. */
  byKey(key: string): SessionRow | null;
  defaults(): { modelProvider: string; model: string; contextTokens: number };
  resolved(session: StoredSession): {
    modelProvider: string;
    model: string;
    agentRuntime: string;
    thinkingLevel: SessionRow["thinkingLevel"];
  };
}

export function createSessionView(deps: Dependencies): SessionView {
  const row = (session: StoredSession): SessionRow => {
    const ref = deps.modelFor(session.key);
    const runs = deps.openRuns(session.key);
    return {
      key: session.key,
      kind: "direct",
      sessionId: session.session_id,
      label: session.label,
      displayName: session.label ?? session.title ?? (session.key.endsWith(":main") ? "Main" : "New conversation"),
      updatedAt: session.updated_at,
      createdAt: session.created_at,
      status: runs.some((run) => run.state === "waiting")
        ? "waiting"
        : runs.length > 0
          ? "running"
          : session.failed
            ? "failed"
            : "idle",
      unread: session.unread === 1,
      pinned: session.pinned === 1,
      archived: session.archived === 1,
      ...splitRef(ref),
      contextTokens: deps.describe(ref)?.contextWindow ?? 0,
      inputTokens: session.input_tokens,
      outputTokens: session.output_tokens,
      totalTokens: session.context_tokens,
      estimatedCostUsd: session.cost_usd,
      hasActiveRun: runs.length > 0,
      activeRunIds: runs.map((run) => run.id),
      thinkingLevel: session.thinking,
      lifecycleRevision: session.revision,
      ...(session.last_text ? { lastMessage: session.last_text } : {}),
    };
  };

  return {
    row,
    byKey(key) {
      const session = deps.sessions.get(key);
      return session ? row(session) : null;
    },
    defaults() {
      const ref = deps.modelFor("");
      return { ...splitRef(ref), contextTokens: deps.describe(ref)?.contextWindow ?? 0 };
    },
    resolved: (session) => ({
      ...splitRef(deps.modelFor(session.key)),
      agentRuntime: "moltworker",
      thinkingLevel: session.thinking,
    }),
  };
}

/** `anthropic/claude-x` → provider and model; the model part may hold slashes itself. */
export function splitRef(ref: string): { modelProvider: string; model: string } {
  const slash = ref.indexOf("/");
  return { modelProvider: ref.slice(0, slash), model: ref.slice(slash + 1) };
}
