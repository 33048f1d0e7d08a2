/** Everything one living run needs; made when it begins or resumes, gone when it ends. */

import type { ModelPort } from "../agent/model.ts";
import type { Tool } from "../agent/tool.ts";
import type { Sandbox } from "../containers/sandbox/sandbox.ts";
import type { Clock } from "../platform/clock.ts";
import type { Egress } from "../platform/egress.ts";
import type { Log } from "../platform/log.ts";
import type { Inbox } from "../sessions/inbox.ts";
import type { Outbox } from "../sessions/outbox.ts";
import type { SessionStore } from "../sessions/session-store.ts";
import type { Transcript } from "../sessions/transcript.ts";
import type { Blobs } from "../storage/blobs.ts";
import type { Database } from "../storage/database.ts";
import type { Workspace } from "../storage/workspace.ts";
import type { Approvals } from "./approvals.ts";
import type { EventSink } from "./event-sink.ts";
import type { RunEvents } from "./run-events.ts";
import type { RunStore, StoredRun } from "./run-store.ts";
import type { ToolLedger } from "./tool-ledger.ts";

export interface AgentSettings {
  name: string;
  thinking: "off" | "minimal" | "low" | "medium" | "high";
  maxSteps: number;
  maxConcurrentRuns: number;
  compactAt: number;
  approvalMinutes: number;
}

export interface RunDependencies {
  db: Database;
  clock: Clock;
  log: Log;
  sink: EventSink;
  sessions: SessionStore;
  transcript: Transcript;
  inbox: Inbox;
  outbox: Outbox;
  store: RunStore;
  ledger: ToolLedger;
  approvals: Approvals;
  models: ModelPort;
  /** `provider/model` for a session: its own choice, else the default. */
  modelFor(sessionKey: string): string;
  tools: readonly Tool[];
  workspace: Workspace;
  egress: Egress;
  sandbox: Sandbox;
  blobs: Blobs;
  settings(): AgentSettings;
  /** Throws FORBIDDEN when whoever the run acts for may not. */
  authorize(run: StoredRun, action: RunAction): void;
}

export type RunAction = "run.start" | "run.tool.read" | "run.tool.effect";

export interface RunContext extends RunDependencies {
  run: StoredRun;
  events: RunEvents;
  signal: AbortSignal;
  /** What the step in progress has shown so far. */
  live: { text: string };
  /** True once, for a run that resumed: what people saw of the cut step is void. */
  takeReplaceMark(): boolean;
}
