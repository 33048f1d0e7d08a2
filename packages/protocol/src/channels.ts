/** Channels on the wire: ways in and out besides the socket, who writes there, what became of each message. */

import type { WireError } from "./errors.ts";

/** Who may write to the assistant in private. OpenClaw's words. */
export const dmPolicies = ["pairing", "allowlist", "open", "disabled"] as const;
export type DmPolicy = (typeof dmPolicies)[number];
/** Which groups it answers in. */
export const groupPolicies = ["allowlist", "open", "disabled"] as const;
export type GroupPolicy = (typeof groupPolicies)[number];

/**
 * owner: the owner's own identity there; sees what the owner sees and decides approvals.
 * guest: has conversations of their own and none of the owner's files or memory.
 * blocked: refused whatever the policy says.
 */
export const senderRoles = ["owner", "guest", "blocked"] as const;
export type SenderRole = (typeof senderRoles)[number];

/**
 * What became of a message. received: a row, work not begun; queued: a run has it; answered: the answer's receipt is there;
 * handled: a command or button, done; ignored: not meant for the assistant; refused and failed carry their reason.
 */
export const messageFates = ["received", "queued", "answered", "handled", "ignored", "refused", "failed"] as const;
export type MessageFate = (typeof messageFates)[number];

/** unknown: it may have arrived, so it is not sent again by itself; dead: the provider will not take it. Both can be retried by hand. */
export const sendStates = ["prepared", "attempted", "confirmed", "unknown", "dead"] as const;
export type SendState = (typeof sendStates)[number];

/** off: disabled in the settings; unconfigured: no secret yet; degraded: it works, with something to see to. */
export type AccountState = "off" | "unconfigured" | "starting" | "ready" | "degraded" | "failed";

/** One account (a bot, a number, a workspace) of a channel. The first block is OpenClaw's, the second ours. */
export interface ChannelAccountRow {
  accountId: string;
  /** Its name at the provider, once known. */
  name: string | null;
  enabled: boolean;
  configured: boolean;
  running: boolean;
  connected: boolean;
  mode: "webhook" | "polling" | null;
  tokenSource: "environment" | "typed" | null;
  dmPolicy: DmPolicy;
  allowFrom: string[];
  lastStartAt: number | null;
  lastInboundAt: number | null;
  lastOutboundAt: number | null;
  lastError: string | null;

  channel: string;
  state: AccountState;
  error: WireError | null;
  /** Identity at the provider, such as `@my_bot`; a link that opens a conversation with it. */
  handle: string | null;
  link: string | null;
  /** Why it uses this mode, in a sentence. */
  modeReason: string | null;
  webhookUrl: string | null;
  groupPolicy: GroupPolicy;
  pendingPairings: number;
  /** Sends that wait, that may have arrived, that need a person. */
  sends: { waiting: number; unknown: number; dead: number };
}

/** A channel of the product, whether it has accounts or not: what a wizard needs to connect one. */
export interface ChannelKindRow {
  id: string;
  label: string;
  /** Secrets that a person types. */
  secrets: { key: string; label: string; hint: string }[];
  capabilities: string[];
}

/** A stranger who wrote and waits for a yes. */
export interface ChannelPairingRow {
  id: string;
  channel: string;
  accountId: string;
  senderId: string;
  name: string;
  username: string | null;
  /** Eight characters; the stranger was shown the same ones. */
  code: string;
  createdAt: number;
  expiresAt: number;
}

export interface ChannelSenderRow {
  channel: string;
  accountId: string;
  /** The provider's immutable id; names change and prove nothing. */
  senderId: string;
  name: string;
  username: string | null;
  role: SenderRole;
  /** pairing and person: kept here; settings: from `allowFrom` or `owners`; policy: let in because the account is open. */
  source: "pairing" | "person" | "settings" | "policy";
  firstSeenAt: number | null;
  lastSeenAt: number | null;
}

/** One message of the log: what came in and what became of it. Text of people who were refused is not kept. */
export interface ChannelMessageRow {
  id: string;
  channel: string;
  accountId: string;
  updateId: string;
  kind: string;
  chatId: string;
  chatKind: "direct" | "group" | "channel";
  threadId: string | null;
  senderId: string;
  senderName: string;
  /** The beginning of its text. */
  preview: string;
  fate: MessageFate;
  /** For refused, ignored and failed: why, in a sentence. */
  reason: string | null;
  sessionKey: string | null;
  runId: string | null;
  receivedAt: number;
  settledAt: number | null;
  /** What was sent for it. */
  sends: ChannelSendRow[];
}

/** One call that puts something into a chat. */
export interface ChannelSendRow {
  id: string;
  channel: string;
  accountId: string;
  chatId: string;
  /** placeholder, answer, notice, file, approval … */
  kind: string;
  preview: string;
  state: SendState;
  attempts: number;
  /** The provider's message id. */
  receipt: string | null;
  /** Why it waits, is unknown or is dead. */
  error: string | null;
  createdAt: number;
  updatedAt: number;
  /** Not before this time. */
  dueAt: number | null;
  runId: string | null;
}
