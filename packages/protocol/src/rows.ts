/** Rows that methods return and events carry. */

import type { TokenLimits } from "./gateway.ts";
import type { Scope } from "./scopes.ts";

export type RunState = "queued" | "running" | "waiting" | "done" | "failed" | "aborted";

export interface SessionRow {
  key: string;
  kind: "direct" | "group" | "global";
  sessionId: string;
  label: string | null;
  /** What to show: the label, or a title derived from the first message. */
  displayName: string;
  updatedAt: number;
  createdAt: number;
  status: "idle" | "running" | "waiting" | "failed";
  unread: boolean;
  pinned: boolean;
  archived: boolean;
  modelProvider: string;
  model: string;
  /** Size of the model's context, tokens. */
  contextTokens: number;
  inputTokens: number;
  outputTokens: number;
  totalTokens: number;
  /** US dollars spent in this session, known prices only. */
  estimatedCostUsd: number;
  hasActiveRun: boolean;
  activeRunIds: string[];
  thinkingLevel: ThinkingLevel | null;
  lifecycleRevision: number;
  lastMessage?: string;
}

export const thinkingLevels = ["off", "minimal", "low", "medium", "high"] as const;
export type ThinkingLevel = (typeof thinkingLevels)[number];

export interface ModelRow {
  /** Model id at the provider. */
  id: string;
  /** `provider/id`: what sessions and settings store. */
  ref: string;
  name: string;
  provider: string;
  contextWindow: number;
  maxOutputTokens: number;
  reasoning: boolean;
  input: ("text" | "image")[];
  available: boolean;
  /** Why it is not available, one sentence. */
  unavailableReason?: string;
  thinkingLevels: ThinkingLevel[];
  tags: string[];
  /** US dollars per million tokens; null when unknown. */
  price: { input: number; output: number } | null;
}

export interface ProviderStatus {
  id: string;
  label: string;
  /** Where a person gets a key. */
  keyUrl: string | null;
  needsKey: boolean;
  baseUrl: string;
  baseUrlEditable: boolean;
  /** Where the key came from; never the key. */
  keySource: "none" | "environment" | "typed";
  state: "ready" | "no-key" | "rejected" | "unreachable" | "not-found";
  lastError?: { code: string; message: string; hint: string; at: number };
}

export interface Approval {
  approvalKind: "tool";
  id: string;
  request: {
    /** Whole call, as it will run. */
    tool: string;
    arguments: Record<string, unknown>;
    /** SHA-256 of the canonical call; what was shown is what runs. */
    hash: string;
    /** Why it asks, one sentence. */
    reason: string;
    sessionKey: string;
    runId: string;
    toolCallId: string;
    /** For stock clients: the call on one line. */
    command: string;
  };
  createdAtMs: number;
  expiresAtMs: number;
}

/** Why a device waits: it is new (or lost its token), or it is paired and asks for more, or is not what it was. */
export type PairingReason = "not-paired" | "role-upgrade" | "scope-upgrade" | "metadata-upgrade";

/** A device that waits for approval; OpenClaw's shape, with the code and its end added. */
export interface PairingRequest {
  requestId: string;
  /** Eight characters in two groups, shown on the device too; a person compares them. */
  code: string;
  deviceId: string;
  publicKey: string;
  displayName?: string;
  platform?: string;
  deviceFamily?: string;
  clientId: string;
  clientMode: string;
  role: "operator";
  scopes: Scope[];
  remoteIp: string;
  reason: PairingReason;
  /** What a paired device may do already. */
  approvedScopes?: Scope[];
  /** The device is paired already: it has lost its token, or asks for more. */
  isRepair: boolean;
  ts: number;
  expiresAtMs: number;
}

/** A paired device, in OpenClaw's shape. */
export interface PairedDevice {
  deviceId: string;
  publicKey: string;
  displayName?: string;
  /** The name its owner gave it. */
  operatorLabel?: string;
  platform?: string;
  clientId: string;
  clientMode?: string;
  remoteIp?: string;
  role: "operator";
  roles: ["operator"];
  scopes: Scope[];
  /** One entry while it holds a token, else none; the token itself is never among it. */
  tokens: { role: "operator"; scopes: Scope[]; createdAtMs: number; lastUsedAtMs: number }[];
  createdAtMs: number;
  approvedAtMs: number;
  lastSeenAtMs: number;
}

/** A token for programs. The token itself is shown once, when it is made. */
export interface ApiTokenRow {
  id: string;
  label: string;
  scopes: Scope[];
  createdAt: number;
  usedAt: number | null;
  expiresAt: number | null;
  /** Whose spending its model calls are; its own id when none was given. */
  tenant: string;
  /** What its model calls may be and cost. */
  limits: TokenLimits | null;
}

/** A passkey of the owner. */
export interface PasskeyRow {
  id: string;
  label: string;
  /** The host name that it was made for and works at. */
  host: string;
  /** Synced by the person's password manager, so that a lost device does not lose it. */
  backedUp: boolean;
  createdAt: number;
  usedAt: number | null;
}

/** How a browser's session was opened. */
export type SignInWay = "link" | "token" | "passkey";

/** One thing that somebody did or tried. */
export interface AuditRow {
  /** Rises with time. */
  id: number;
  at: number;
  who: string;
  surface: string;
  action: string;
  /** "ok", or the code of the refusal. */
  outcome: string;
  address: string | null;
  detail: string | null;
}

/** Words for one setting. */
export interface ConfigHint {
  label: string;
  help?: string;
  order: number;
}

/** A kept version of one section of the settings. */
export interface ConfigVersion {
  id: number;
  section: string;
  /** Rising by one, per section. */
  version: number;
  changedBy: string;
  changedAt: number;
  /** Dotted, within the section; null when the version before is no longer kept. */
  changedPaths: string[] | null;
  /** It is the one in force. */
  current: boolean;
}

/** A side is absent where the setting does not exist. */
export interface ConfigChange {
  /** Dotted, within the section. */
  path: string;
  before?: unknown;
  after?: unknown;
}

/** A line of the log; secrets were taken out before it was kept. */
export interface LogRow {
  id: number;
  /** Epoch milliseconds. */
  at: number;
  level: "debug" | "info" | "warn" | "error";
  /** `auth.refused`, `run.resumed`, … */
  event: string;
  message?: string;
  fields: Record<string, unknown>;
}

/** A build of the Worker. */
export interface BuildFacts {
  /** Digest of all its files. */
  id: string;
  version: string;
  /** ISO time. */
  builtAt: string;
}

/** A part of the assistant that could not start, and is switched off. */
export interface PartFault {
  part: string;
  during: "start" | "wake";
  message: string;
  /** Epoch milliseconds. */
  at: number;
}
