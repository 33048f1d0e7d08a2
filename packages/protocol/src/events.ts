/** Events that the assistant sends. Names and shapes are OpenClaw's; what is ours alone is marked. */

import type { WireError } from "./errors.ts";
import type { AssistantMessage, StopReason, Usage } from "./messages.ts";
import type { Approval, LogRow, PairingRequest, SessionRow } from "./rows.ts";
import type { SnapshotJob } from "./snapshots.ts";

interface ChatEventBase {
  runId: string;
  sessionKey: string;
  agentId: string;
  /** Per run, rising, with gaps. */
  seq: number;
}

/** One life of a run on the wire: any number of status and delta, then exactly one final, aborted or error. */
export type ChatEvent = ChatEventBase &
  (
    | {
        state: "status";
        phase: "preparing_context" | "starting_model" | "running_tools" | "waiting_approval" | "retrying";
        note?: string;
      }
    | {
        state: "delta";
        deltaText: string;
        /** Cumulative text of the step so far. */
        message: { role: "assistant"; content: [{ type: "text"; text: string }]; timestamp: number };
        /** The text so far is void (the step is made again); `message` replaces what was shown. */
        replace?: boolean;
      }
    /** `message` is absent when the input was merged into a run that was already going. */
    | { state: "final"; message?: AssistantMessage; stopReason?: StopReason; usage?: Usage }
    | { state: "aborted"; stopReason: string; message?: AssistantMessage }
    | { state: "error"; errorMessage: string; errorKind: string; errorDetail: WireError }
  );

export type AgentEvent = {
  runId: string;
  sessionKey: string;
  agentId: string;
  seq: number;
  ts: number;
} & (
  | {
      stream: "lifecycle";
      data: {
        phase: "start" | "model" | "finishing" | "end" | "error";
        startedAt?: number;
        endedAt?: number;
        model?: string;
        error?: string;
      };
    }
  | { stream: "run_status"; data: { phase: string; attempt?: number; delayMs?: number; note?: string } }
  | { stream: "assistant"; data: { text: string; delta: string; itemId: string } }
  /** Ours: reasoning text as it streams. */
  | { stream: "thinking"; data: { delta: string; itemId: string } }
  | {
      stream: "tool";
      data: {
        phase: "start" | "update" | "result";
        name: string;
        toolCallId: string;
        args?: Record<string, unknown>;
        result?: { content: { type: "text"; text: string }[] };
        isError?: boolean;
        meta?: string;
        durationMs?: number;
      };
    }
  | { stream: "usage"; data: { usage: Usage; model: string; provider: string } }
);

export interface EventMap {
  "connect.challenge": { nonce: string; ts: number; capabilities?: string[] };
  tick: { ts: number };
  health: Record<string, unknown>;
  shutdown: { reason: string; restartExpectedMs?: number };
  chat: ChatEvent;
  agent: AgentEvent;
  /** A log row was appended (user message taken, tool result, answer): what a second tab needs to draw it. */
  "session.message": { sessionKey: string; message: import("./messages.ts").ChatMessage; messageId: string; messageSeq: number };
  "sessions.changed": { sessionKey: string; reason: "created" | "updated" | "reset" | "deleted"; session: SessionRow | null };
  "exec.approval.requested": Approval;
  "exec.approval.resolved": {
    id: string;
    decision: "allow-once" | "deny" | "expired";
    resolvedBy: string;
    ts: number;
    request: Approval["request"];
  };
  /** A device waits for approval. `code` is ours: the same eight characters stand on the device. */
  "device.pair.requested": PairingRequest;
  "device.pair.resolved": { requestId: string; deviceId: string; decision: "approved" | "rejected" | "expired"; ts: number };
  /** Ours: keys, models or settings changed; read `models.list` again. */
  "models.changed": { ts: number };
  /** Ours: an account's state, a request to be let in or a send that needs a person; read `channels.status` again. */
  "channels.changed": { ts: number };
  /** Ours: STOP was pressed or lifted. */
  "gateway.suspension": { suspended: boolean; ts: number };
  /** Ours: a line of the log, to sockets that asked by `logs.subscribe`. */
  "logs.line": LogRow;
  /** Ours: a piece of work on snapshots went on or ended. Not replayed. */
  "snapshots.changed": { job: SnapshotJob | null; ts: number };
}

export type EventName = keyof EventMap;

export const eventNames = [
  "connect.challenge",
  "tick",
  "health",
  "shutdown",
  "chat",
  "agent",
  "session.message",
  "sessions.changed",
  "exec.approval.requested",
  "exec.approval.resolved",
  "device.pair.requested",
  "device.pair.resolved",
  "models.changed",
  "channels.changed",
  "gateway.suspension",
  "logs.line",
  "snapshots.changed",
] as const satisfies readonly EventName[];
