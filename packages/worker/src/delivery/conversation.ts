/**
 * Which session a message belongs to, in OpenClaw's form of keys. Only the owner's own identities lead to the main session;
 * a guest always has one of their own, and so has each group and each topic of it. Pure.
 */

import { defaultAgentId, mainSessionKey } from "../sessions/session-key.ts";
import type { Place } from "./channel.ts";

export type DmScope = "main" | "per-peer" | "per-channel-peer" | "per-account-channel-peer";

export interface ConversationInput {
  channel: string;
  account: string;
  place: Place;
  /** The chat's id before the provider gave it another one. */
  formerChatId?: string | undefined;
  senderId: string;
  role: "owner" | "guest";
  dmScope: DmScope;
  /** Names of people with their ids, `channel:id`. */
  identityLinks: Record<string, string[]>;
}

export function conversationOf(input: ConversationInput): string {
  const { channel, account, place, dmScope } = input;
  const agent = `agent:${defaultAgentId}`;
  if (place.chatKind !== "direct") {
    const group = `${agent}:${channel}:${place.chatKind}:${plain(input.formerChatId ?? place.chatId)}`;
    return place.threadId === undefined ? group : `${group}:topic:${plain(place.threadId)}`;
  }
  const thread = place.threadId === undefined ? "" : `:thread:${plain(place.threadId)}`;
  if (input.role === "owner" && dmScope === "main") return `${mainSessionKey}${thread}`;
  const person = linkedName(input);
  const peer = person ?? plain(input.senderId);
  // A guest under `main` must not meet anybody else's conversation; a linked person is the same one on every channel.
  if (person !== undefined && dmScope !== "per-account-channel-peer" && dmScope !== "per-channel-peer")
    return `${agent}:direct:${peer}${thread}`;
  // Unlinked ids keep their channel in the key: the same number may be another person elsewhere.
  if (dmScope === "per-account-channel-peer") return `${agent}:${channel}:${account}:direct:${peer}${thread}`;
  return `${agent}:${channel}:direct:${peer}${thread}`;
}

function linkedName({ channel, senderId, identityLinks }: ConversationInput): string | undefined {
  return Object.entries(identityLinks).find(([, ids]) => ids.includes(`${channel}:${senderId}`))?.[0];
}

/** Session keys hold no blanks and are bounded. */
const plain = (id: string) => id.replace(/[\s\p{Cc}]/gu, "_").slice(0, 100);
