/**
 * What a channel is. Each is one folder, `channels/<name>/<name>.ts`, and one line in `catalog/channels.ts`. A channel turns
 * provider bytes into these types and these types into provider calls. It keeps nothing and decides nothing: rows, order,
 * retries, senders, sessions, commands and approvals are the same for all channels and live in `delivery/`.
 */

import type { z } from "zod";
import type { Seeds } from "../env.ts";
import type { Clock } from "../platform/clock.ts";
import type { Egress } from "../platform/egress.ts";
import type { Log } from "../platform/log.ts";

export interface Channel<Options = unknown> {
  /** As in session keys, paths and settings: `telegram`. */
  id: string;
  label: string;
  /** Secrets that a person types for one account. All are needed. Kept as `channel.<id>.<account>.<key>`. */
  secrets: readonly { key: string; label: string; hint: string }[];
  /** What only this channel can be told, under `options` of its account's settings. Invalid options disable the account alone. */
  options: z.ZodType<Options>;
  traits: ChannelTraits;
  /** What the environment says about the account `default`; taken once, and never over what a person typed. */
  seed?(seeds: Seeds): { secrets: Record<string, string>; settings: Record<string, unknown> } | undefined;
  /** One account, made anew whenever its settings or secrets change. Does no work by itself. */
  open(link: AccountLink, options: Options): ChannelAccount;
}

/** What the provider can do, so that the engine never asks for more. */
export interface ChannelTraits {
  /** A sent message can be changed: answers then stream, and a crash can double no more than a placeholder. */
  edits: boolean;
  /** A send that carries the same key twice happens once: an unknown outcome is then simply sent again. */
  idempotentSends: boolean;
  /** Typing shows for this long; 0: there is none. */
  typingMs: number;
  reactions: boolean;
  buttons: boolean;
  /** Bytes of callback data that a button carries. */
  buttonBytes: number;
  /** UTF-16 units of one message and of a file's caption, as the provider counts after formatting. */
  textUnits: number;
  captionUnits: number;
  downloadBytes: number;
  uploadBytes: number;
  /** Milliseconds between calls that change one chat, by its kind; the provider's limits and a little more. */
  paceMs: Record<ChatKind, number>;
  /** Messages a second of the whole account. */
  accountPerSecond: number;
}

/** What an account may use. */
export interface AccountLink {
  accountId: string;
  /** Read at use, so that rotation works at once. Throws CHANNEL_TOKEN_MISSING. */
  secret(key: string): string;
  /** Ours, made once for this account: what the provider must present on the webhook. At least 32 characters of [A-Za-z0-9_-]. */
  webhookSecret(): string;
  egress: Egress;
  clock: Clock;
  log: Log;
}

/**
 * Calls to the provider. All throw MoltError, and say by its code what the engine may do next:
 * CHANNEL_LIMITED (nothing happened; again after `retryAfterMs`), CHANNEL_UNAVAILABLE (nothing happened; again later),
 * CHANNEL_UNKNOWN (it may have happened), CHANNEL_FORMAT_REFUSED (again as plain text), CHANNEL_CHAT_GONE (blocked, kicked, no
 * such chat), CHANNEL_TOKEN_REJECTED, CHANNEL_CONFLICT (another program uses this account), CHANNEL_REFUSED (for good).
 */
export interface ChannelAccount {
  /** Proves the secrets and says who the account is. */
  identify(signal: AbortSignal): Promise<Identity>;
  webhook?: WebhookSide;
  /**
   * Waits for updates after the cursor, for at most about half a minute, or not at all when `atOnce`. Asking with a cursor
   * confirms what came before it.
   */
  poll?(
    cursor: string | undefined,
    atOnce: boolean,
    signal: AbortSignal,
  ): Promise<{ updates: RawUpdate[]; cursor: string | undefined }>;
  /** Pure; `self` is who the account is. Never throws: what it does not know is `ignored`. */
  parse(update: RawUpdate, self: Identity): InboundEvent;
  /** `movedTo`: the chat has another id by now, and that is where the message stands. */
  send(message: Outgoing, signal: AbortSignal): Promise<{ messageId: string; movedTo?: string }>;
  /** Idempotent: saying the same twice is no error. */
  edit?(place: Place, messageId: string, content: TextContent, signal: AbortSignal): Promise<void>;
  react?(place: Place, messageId: string, emoji: string, signal: AbortSignal): Promise<void>;
  typing?(place: Place, signal: AbortSignal): Promise<void>;
  /** Ends the button's waiting state, with a few words for who pressed it. */
  answerPress?(pressId: string, text: string, signal: AbortSignal): Promise<void>;
  /** Throws PAYLOAD_TOO_LARGE. */
  download?(file: InboundFile, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>>;
  publishCommands?(commands: readonly { name: string; description: string }[], signal: AbortSignal): Promise<void>;
  /** Length of Markdown once formatted, in the units of `textUnits`. Absent: its own length. */
  lengthOf?(markdown: string): number;
}

export interface Identity {
  id: string;
  name: string;
  /** Without the @. */
  username?: string;
  /** Opens a conversation with it. */
  link?: string;
}

export interface WebhookSide {
  /** Senders are given the address by hand: nothing is registered, and an address that is not public will do. */
  passive?: boolean;
  /**
   * Proves that the provider sent this (constant time, raw bytes, replay window where there is one) and takes it apart.
   * Throws FORBIDDEN for a forged one, INVALID_REQUEST, PAYLOAD_TOO_LARGE. `response` replaces the plain 200 (challenges).
   */
  receive(request: Request): Promise<{ updates: RawUpdate[]; response?: Response }>;
  register(url: string, signal: AbortSignal): Promise<void>;
  unregister(signal: AbortSignal): Promise<void>;
  /** What the provider has on file, and how its deliveries go. */
  inspect(signal: AbortSignal): Promise<{ url: string; waiting: number; lastError?: string; lastErrorAt?: number }>;
}

/** As it came. `id` is unique in its account for as long as the provider repeats itself. */
export interface RawUpdate {
  id: string;
  body: unknown;
}

export type ChatKind = "direct" | "group" | "channel";

export interface Place {
  chatId: string;
  chatKind: ChatKind;
  /** Topic or thread inside the chat. */
  threadId?: string;
}

export interface Sender {
  /** The provider's immutable id. */
  id: string;
  /** For people to read; proves nothing. */
  name: string;
  username?: string;
  isBot: boolean;
}

export interface InboundFile {
  kind: "photo" | "voice" | "audio" | "video" | "document" | "sticker";
  /** What `download` needs. */
  reference: string;
  fileName: string;
  mimeType: string;
  sizeBytes?: number;
}

export interface InboundText {
  kind: "message";
  place: Place;
  sender: Sender;
  messageId: string;
  /** Name of the group. */
  chatName?: string;
  text: string;
  files: InboundFile[];
  /** The account is named in it, or it answers a message of the account. */
  addressed: boolean;
  /** `/name rest`, meant for this account. */
  command?: { name: string; args: string };
  /** Others' words: a forwarded message or its source's name. */
  forwardedFrom?: string;
  /** Text of the message that it answers. */
  quoted?: string;
  /** A new version of an earlier message. */
  edited: boolean;
  /** Messages that belong together arrive one by one under this id. */
  albumId?: string;
  sentAt: number;
}

export interface InboundPress {
  kind: "press";
  place: Place;
  sender: Sender;
  /** Message that carries the button. */
  messageId: string;
  pressId: string;
  data: string;
}

/** Nothing to answer; `reason` is a sentence for the message log. */
export interface InboundIgnored {
  kind: "ignored";
  reason: string;
  place?: Place;
  sender?: Sender;
}

/** The provider gave the chat another id: what was set for it, and its conversation, move along. */
export interface InboundMoved {
  kind: "moved";
  place: Place;
  sender?: Sender;
  to: string;
}

export type InboundEvent = InboundText | InboundPress | InboundIgnored | InboundMoved;

export interface TextContent {
  /** Markdown that fits `textUnits` once formatted. */
  markdown: string;
  /** Send the words without formatting: the provider refused it. */
  plain?: boolean;
  buttons?: readonly (readonly Button[])[];
}

export interface Button {
  label: string;
  data: string;
}

export interface FileContent {
  kind: "photo" | "voice" | "audio" | "video" | "document";
  fileName: string;
  mimeType: string;
  bytes: Uint8Array<ArrayBuffer>;
  caption?: TextContent;
}

export interface Outgoing {
  place: Place;
  /** The same for every attempt of one send. */
  key: string;
  content: TextContent | FileContent;
  replyTo?: string;
}
