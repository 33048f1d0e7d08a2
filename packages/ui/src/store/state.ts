/**
 * The whole state of the page, as plain data. Everything in it comes from `chat.startup`, from events, or from what
 * the person is doing right now; nothing is kept that the server could contradict after a reconnect.
 */

import type { ConnectionState } from "@moltworker/protocol/client";
import type { MoltError, WireError } from "@moltworker/protocol/errors";
import type { ChatMessage, Usage } from "@moltworker/protocol/messages";
import type { PendingInput } from "@moltworker/protocol/methods";
import type { Approval, ModelRow, ProviderStatus, SessionRow, ThinkingLevel } from "@moltworker/protocol/rows";
import type { SnapshotJob } from "@moltworker/protocol/snapshots";

export type LivePart =
  | { kind: "text"; text: string; open: boolean }
  | { kind: "thinking"; text: string; startedAt: number; endedAt: number | null }
  | { kind: "tool"; toolCallId: string };

/** What is known of one tool call while it runs and after. */
export interface ToolActivity {
  toolCallId: string;
  name: string;
  args: Record<string, unknown>;
  startedAt: number;
  progress?: string;
  done: boolean;
  resultText?: string;
  isError?: boolean;
  meta?: string;
  durationMs?: number;
}

/** The part of a run that is not yet a row of the log. */
export interface LiveRun {
  runId: string;
  startedAt: number;
  phase: string;
  note?: string;
  model?: string;
  parts: LivePart[];
  chatSeq: number;
  agentSeq: number;
  usage?: Usage;
}

export interface OutgoingFile {
  name: string;
  mimeType: string;
  sizeBytes: number;
  /** Base64. */
  content: string;
}

/** A message of this tab that is not yet a row of the log. */
export interface Outgoing {
  runId: string;
  text: string;
  files: OutgoingFile[];
  createdAt: number;
  state: "sending" | "accepted" | "failed";
  /** Sent while the assistant was busy; it is taken in at the next step. */
  queued: boolean;
  replaceFromMessageId?: string;
  error?: MoltError;
}

export interface RunFailure {
  runId: string;
  message: string;
  detail: WireError;
}

export interface Thread {
  key: string;
  load: "none" | "loading" | "loaded" | "failed";
  loadError: MoltError | null;
  /** Oldest first; unique by id. */
  messages: ChatMessage[];
  totalMessages: number;
  hasMore: boolean;
  nextOffset: number;
  loadingEarlier: boolean;
  /** Events up to this position of the event log are already in `messages`. */
  historyCursor: number;
  revision: number;
  outgoing: Outgoing[];
  pending: PendingInput[];
  run: LiveRun | null;
  tools: Record<string, ToolActivity>;
  failure: RunFailure | null;
  /** Runs that ended, newest last, so that a repeated event cannot bring one back. */
  endedRuns: string[];
}

export interface Notice {
  id: number;
  tone: "info" | "error";
  text: string;
  hint?: string;
}

export type Theme = "system" | "light" | "dark";

export interface AppState {
  connection: ConnectionState;
  /** A refusal of sign-in itself (link or token), shown instead of the connection's. */
  signInError: MoltError | null;
  /** Why the server last said no; stays until it says yes, so that a new try does not make the panel jump. */
  refusal: MoltError | null;
  booted: boolean;
  mainKey: string;
  currentKey: string;
  assistantName: string;
  engine: "moltworker" | "moltbot";
  version: string;
  defaultModel: string;
  thinkingLevel: ThinkingLevel | null;
  suspended: boolean;
  models: ModelRow[];
  providers: ProviderStatus[];
  sessions: Record<string, SessionRow>;
  sessionsHasMore: boolean;
  sessionsNextOffset: number;
  threads: Record<string, Thread>;
  approvals: Approval[];
  /** Rises with every change of what waits for or has been let in; the Access page reads anew on it. */
  pairingRevision: number;
  /** Rises whenever an account, a person or a send of a channel changed. */
  channelsRevision: number;
  /** The last that was heard of work on snapshots. */
  snapshotJob: SnapshotJob | null;
  /** Rises when settings, keys or models changed, here or elsewhere. */
  configRevision: number;
  notices: Notice[];
  theme: Theme;
  setupCardDismissed: boolean;
}

export function emptyThread(key: string): Thread {
  return {
    key,
    load: "none",
    loadError: null,
    messages: [],
    totalMessages: 0,
    hasMore: false,
    nextOffset: 0,
    loadingEarlier: false,
    historyCursor: 0,
    revision: 0,
    outgoing: [],
    pending: [],
    run: null,
    tools: {},
    failure: null,
    endedRuns: [],
  };
}

export function initialState(): AppState {
  return {
    connection: { phase: "connecting", attempt: 0 },
    signInError: null,
    refusal: null,
    booted: false,
    mainKey: "agent:main:main",
    currentKey: "",
    assistantName: "",
    engine: "moltworker",
    version: "",
    defaultModel: "",
    thinkingLevel: null,
    suspended: false,
    models: [],
    providers: [],
    sessions: {},
    sessionsHasMore: false,
    sessionsNextOffset: 0,
    threads: {},
    approvals: [],
    pairingRevision: 0,
    channelsRevision: 0,
    snapshotJob: null,
    configRevision: 0,
    notices: [],
    theme: "system",
    setupCardDismissed: false,
  };
}
