/**
 * What can be asked over the socket: each method's parameters and result.
 * Names and shapes are OpenClaw's; methods that only we have are marked.
 */

import type { AccessMethods } from "./access-methods.ts";
import type { ChannelMethods } from "./channel-methods.ts";
import type { ContainerMethods } from "./container-methods.ts";
import type { CheckResult, DoctorReport } from "./doctor.ts";
import type { AgentEvent, ChatEvent } from "./events.ts";
import type { BreakerRow, ProviderKeyRow } from "./gateway-health.ts";
import type { GatewayMethods } from "./gateway-methods.ts";
import type { HookMethods } from "./hooks.ts";
import type { ChatMessage } from "./messages.ts";
import type {
  Approval,
  BuildFacts,
  ConfigChange,
  ConfigHint,
  ConfigVersion,
  LogRow,
  ModelRow,
  ProviderStatus,
  SessionRow,
  ThinkingLevel,
} from "./rows.ts";
import type { SnapshotMethods } from "./snapshots.ts";

export interface Attachment {
  type?: string;
  mimeType: string;
  fileName: string;
  /** Base64. */
  content: string;
}

export type QueueMode = "steer" | "followup" | "collect" | "interrupt";

export interface ChatSendParams {
  sessionKey: string;
  message: string;
  /** Becomes the run's id; a repeat changes nothing. */
  idempotencyKey: string;
  agentId?: string;
  sessionId?: string;
  thinking?: string;
  deliver?: boolean;
  attachments?: Attachment[];
  timeoutMs?: number;
  queueMode?: QueueMode;
  /** Ours: message id to rewind to first; that message and all after it leave the conversation (edit-and-resend, retry). */
  replaceFromMessageId?: string;
}

export interface ChatHistoryParams {
  sessionKey: string;
  /** 1-1000, default 200. */
  limit?: number;
  /** Entries to skip, counted back from the newest. */
  offset?: number;
  maxChars?: number;
  agentId?: string;
}

export interface PendingInput {
  id: string;
  runId: string;
  text: string;
  receivedAt: number;
  queueMode: QueueMode;
}

export interface ChatHistory {
  sessionKey: string;
  sessionId: string;
  messages: ChatMessage[];
  pendingInputs: { items: PendingInput[]; total: number };
  /** Position in the event log that this history reflects. */
  deltaCursor: number;
  hasMore: boolean;
  nextOffset?: number;
  totalMessages: number;
  defaults: { modelProvider: string; model: string; contextTokens: number };
  sessionInfo: SessionRow | null;
  inFlightRun?: { runId: string; text: string; startedAt: number; events: (ChatEvent | AgentEvent)[] };
}

/** Everything a UI needs to draw its first screen, in one call. */
export interface ChatStartup {
  history: ChatHistory;
  sessions: SessionsPage;
  models: ModelRow[];
  providers: ProviderStatus[];
  approvals: Approval[];
  suspended: boolean;
  assistantName: string;
  /** `moltbot`: a hosted OpenClaw answers, at `/openclaw/`. */
  engine: "moltworker" | "moltbot";
  thinkingLevel: ThinkingLevel | null;
  defaultModel: string;
  version: string;
}

export interface SessionsPage {
  ts: number;
  path: string;
  count: number;
  totalCount: number;
  limitApplied: number;
  nextOffset: number | null;
  hasMore: boolean;
  defaults: { modelProvider: string; model: string; contextTokens: number };
  sessions: SessionRow[];
}

export interface SessionsListParams {
  limit?: number;
  offset?: number;
  search?: string;
  agentId?: string;
  archived?: boolean;
  activeMinutes?: number;
  includeGlobal?: boolean;
  includeUnknown?: boolean;
  includeDerivedTitles?: boolean;
  includeLastMessage?: boolean;
  spawnedBy?: string;
  label?: string;
  sortBy?: string;
}

export interface SessionPatch {
  label?: string | null;
  model?: string | null;
  thinkingLevel?: string | null;
  archived?: boolean | null;
  pinned?: boolean | null;
  unread?: boolean | null;
}

export interface SessionChanged {
  ok: true;
  path: string;
  key: string;
  entry: SessionRow;
  resolved: { modelProvider: string; model: string; agentRuntime: string; thinkingLevel: ThinkingLevel | null };
}

type None = Record<string, unknown>;

export interface MethodMap extends AccessMethods, ChannelMethods, ContainerMethods, GatewayMethods, HookMethods, SnapshotMethods {
  health: { params: { probe?: boolean }; result: Record<string, unknown> & { ok: boolean; ts: number } };
  status: { params: { includeChannelSummary?: boolean }; result: Record<string, unknown> & { runtimeVersion: string } };
  "system-presence": { params: None; result: unknown[] };
  "last-heartbeat": { params: None; result: unknown };
  "chat.send": { params: ChatSendParams; result: { runId: string; status: "started" | "in_flight" | "ok" } };
  "chat.history": { params: ChatHistoryParams; result: ChatHistory };
  "chat.startup": { params: { sessionKey?: string; limit?: number }; result: ChatStartup };
  "chat.abort": {
    params: { sessionKey: string; runId?: string; agentId?: string; preserveSideRuns?: boolean };
    result: { ok: true; aborted: boolean; runIds: string[] };
  };
  agent: {
    params: {
      message: string;
      idempotencyKey: string;
      agentId?: string;
      sessionKey?: string;
      sessionId?: string;
      deliver?: boolean;
      thinking?: string;
      timeout?: number;
    };
    result: {
      runId: string;
      status: string;
      summary?: string;
      result?: { payloads: { text: string; mediaUrl: null }[]; meta: Record<string, unknown> };
    };
  };
  "agent.wait": {
    params: { runId: string; timeoutMs?: number };
    result: { runId: string; status: string; startedAt: number | null; endedAt: number | null; stopReason: string | null };
  };
  "agents.list": {
    params: None;
    result: {
      defaultId: string;
      mainKey: string;
      scope: string;
      agents: { id: string; name: string; identity: { name: string }; workspace: string; model: { primary: string } }[];
    };
  };
  "sessions.list": { params: SessionsListParams; result: SessionsPage };
  "sessions.create": {
    params: { key?: string; label?: string; model?: string; agentId?: string };
    result: { ok: true; key: string; sessionId: string; entry: SessionRow; runStarted: false };
  };
  "sessions.patch": { params: { key: string } & SessionPatch; result: SessionChanged };
  "sessions.reset": {
    params: { key: string; reason?: "new" | "reset"; expectedSessionId?: string };
    result: Omit<SessionChanged, "path">;
  };
  "sessions.delete": {
    params: { key: string; deleteTranscript?: boolean };
    result: { ok: true; key: string; deleted: boolean; archived: string[] };
  };
  "sessions.compact": { params: { key: string }; result: { ok: true; key: string; compacted: boolean; reason?: string } };
  "sessions.describe": { params: { key: string }; result: SessionRow };
  "sessions.subscribe": { params: SessionsListParams; result: { subscribed: true } };
  "sessions.messages.subscribe": { params: { key: string; includeApprovals?: boolean }; result: { subscribed: true } };
  "models.list": { params: { view?: string; agentId?: string; refresh?: boolean }; result: { models: ModelRow[] } };
  "models.authStatus": { params: None; result: { providers: ProviderStatus[] } };
  /** Tests the key with a real call before it is kept; a failing key is refused and nothing changes. */
  /** Ours: which (provider, model, key) failed lately. */
  "gateway.breakers.list": { params: Record<string, never>; result: { breakers: BreakerRow[] } };
  /** Ours: lets calls through again; an empty filter clears all. */
  "gateway.breakers.clear": {
    params: { provider?: string | undefined; model?: string | undefined; keyAlias?: string | undefined };
    result: { cleared: number };
  };
  /** Ours: provider keys by alias, without the keys. */
  "gateway.keys.list": { params: Record<string, never>; result: { keys: ProviderKeyRow[] } };
  "gateway.keys.set": { params: { provider: string; alias: string; apiKey: string }; result: { keys: ProviderKeyRow[] } };
  "gateway.keys.remove": { params: { provider: string; alias: string }; result: { keys: ProviderKeyRow[] } };
  /** Ours: forgets every cached answer. */
  "gateway.cache.clear": { params: Record<string, never>; result: { cleared: number } };
  "models.authSetApiKey": {
    params: { provider: string; apiKey?: string; baseUrl?: string; makeDefault?: boolean };
    result: { ok: true; provider: ProviderStatus; defaultModel: string };
  };
  "models.authLogout": { params: { provider: string }; result: { ok: true; provider: ProviderStatus } };
  "config.get": {
    params: None;
    result: {
      path: string;
      exists: boolean;
      raw: string;
      parsed: Record<string, unknown>;
      config: Record<string, unknown>;
      hash: string;
      valid: boolean;
      issues: { path: string; message: string }[];
      warnings: { path: string; message: string }[];
    };
  };
  "config.patch": {
    params: { raw: string; baseHash?: string };
    result: { ok: true; path: string; hash: string; config: Record<string, unknown>; changedPaths: string[] };
  };
  /** `schema` is JSON Schema with a property per section; `uiHints` are by dotted path. */
  "config.schema": {
    params: None;
    result: { schema: Record<string, unknown>; uiHints: Record<string, ConfigHint>; version: string; generatedAt: string };
  };
  "config.schema.lookup": {
    params: { path: string };
    result: {
      path: string;
      schema: Record<string, unknown>;
      reloadKind: "hot";
      hint?: ConfigHint;
      hintPath?: string;
      children: {
        key: string;
        path: string;
        type?: string;
        required: boolean;
        hasChildren: boolean;
        reloadKind: "hot";
        hint?: ConfigHint;
        hintPath?: string;
      }[];
    };
  };
  /** Ours: versions of the settings, newest first; `before` is an entry's id. */
  "config.history": {
    params: { section?: string; limit?: number; before?: number };
    result: { versions: ConfigVersion[]; hasMore: boolean };
  };
  /** Ours: what differs between two versions of a section. 0 is the defaults; `to` left out is the present one. */
  "config.diff": { params: { section: string; from: number; to?: number }; result: { changes: ConfigChange[] } };
  /** Ours: back to a version, as a new one. 0 is the defaults. CONFLICT when the settings are no longer those of `baseHash`. */
  "config.restore": {
    params: { section: string; version: number; baseHash?: string };
    result: { ok: true; changedPaths: string[]; hash: string };
  };
  /** Lines are JSON; `cursor` and `size` count lines here. */
  "logs.tail": {
    params: { cursor?: number; limit?: number; maxBytes?: number };
    result: { file: string; cursor: number; size: number; lines: string[]; truncated: boolean; reset: boolean };
  };
  /** Ours: the log by level (and above), event (its beginning) and words; oldest first. Ids are cursors. */
  "logs.list": {
    params: { limit?: number; before?: number; after?: number; level?: LogRow["level"]; event?: string; search?: string };
    result: { rows: LogRow[]; hasMore: boolean };
  };
  /** Ours: each line as it is written, as the event `logs.line`. */
  "logs.subscribe": { params: { on: boolean }; result: { subscribed: boolean } };
  /** Ours: what runs against what should run. */
  "version.status": {
    params: None;
    result: {
      running: BuildFacts;
      /** Null while nobody has said: then what runs is all that is known. */
      wanted: (BuildFacts & { by: "files" | "front" }) | null;
      behind: boolean;
      cause: string | null;
      cure: string | null;
      bootId: string;
      startedAt: number;
      runtime: { host: "workerd" | "cloudflare"; compatibilityDate: string };
      restart: "supervisor" | "object";
    };
  };
  "update.status": {
    params: { refreshCheckout?: boolean };
    result: {
      sentinel: null;
      updateAvailable: {
        currentVersion: string;
        latestVersion: string;
        channel: string;
        currentSha: string;
        upstreamSha: string;
      } | null;
    };
  };
  /** Ours: the next life of the assistant; sockets come back by themselves. */
  "gateway.restart": { params: None; result: { ok: true; bootId: string } };
  "exec.approval.list": { params: None; result: Approval[] };
  "exec.approval.resolve": { params: { id: string; decision: "allow-once" | "allow-always" | "deny" }; result: { ok: true } };
  /** Ours: STOP. Halts every run and tool start; `suspended: false` lifts it. */
  "gateway.suspend": { params: { suspended: boolean }; result: { suspended: boolean; abortedRunIds: string[] } };
  /** Ours: the assistant's files, for the UI. */
  "agents.files.list": {
    params: { agentId?: string };
    result: { files: { path: string; sizeBytes: number; updatedAt: number }[] };
  };
  "agents.files.get": {
    params: { agentId?: string; name: string };
    result: { file: { name: string; content: string; hash: string; missing: boolean } };
  };
  "agents.files.set": {
    params: { agentId?: string; name: string; content: string; expectedHash?: string };
    result: { ok: true; hash: string };
  };
  /** Ours: ends this sign-in on every browser and closes their sockets. */
  "auth.signOutEverywhere": { params: None; result: { ok: true; ended: number } };
  /** Ours: every check inside the assistant, or those named. `probe` asks each provider; `now` is the asker's clock, epoch ms. */
  "doctor.run": { params: { probe?: boolean; ids?: string[]; now?: number }; result: DoctorReport };
  /** Ours: cures what one check found, where that is safe, and checks again. */
  "doctor.fix": { params: { id: string }; result: { done: string; check: CheckResult } };
  "commands.list": {
    params: { agentId?: string };
    result: { commands: { name: string; description: string; acceptsArgs: boolean }[] };
  };
}

export type MethodName = keyof MethodMap;
export type Params<Name extends MethodName> = MethodMap[Name]["params"];
export type Result<Name extends MethodName> = MethodMap[Name]["result"];
