/**
 * The way in. What the provider sent becomes a row under its unique key, with the sender's standing decided by their immutable
 * id, before the provider hears that it arrived. No work is done here: a repeated or reordered update finds its row and changes nothing.
 */

import type { ChannelAccountSettings } from "../config/sections/channels.ts";
import type { Clock } from "../platform/clock.ts";
import type { Database } from "../storage/database.ts";
import type { Channel, ChannelAccount, Identity, InboundEvent, RawUpdate } from "./channel.ts";
import type { MessageLog } from "./message-log.ts";
import type { ChannelPairings, PairingRequest } from "./pairings.ts";
import type { Senders } from "./senders.ts";

export interface ReceivingAccount {
  id: string;
  channel: Channel;
  calls: ChannelAccount;
  self: Identity;
  settings: ChannelAccountSettings;
}

interface Dependencies {
  db: Database;
  clock: Clock;
  messages: MessageLog;
  senders: Senders;
  pairings: ChannelPairings;
  /** A stranger's request is new: show them the code, tell the owner. */
  onPairing(request: PairingRequest): void;
  /** As they stand now: an update may have changed them for the next one that came with it. */
  settings(channel: string, account: string): ChannelAccountSettings | undefined;
  /** In the commit of the row that says so. */
  onMoved(channel: string, account: string, from: string, to: string): void;
  /** `work`: something of it waits to be worked on. */
  onInbound(channel: string, account: string, work: boolean): void;
}

/** Messages that belong together arrive within this time. */
const albumMs = 1_200;

export type Receive = (account: ReceivingAccount, updates: readonly RawUpdate[]) => number;

/** Returns how many updates were new. */
export function createReceive(deps: Dependencies): Receive {
  function decide(account: ReceivingAccount, event: InboundEvent) {
    if (event.kind === "moved")
      return {
        fate: "ignored" as const,
        reason: `The group has another id now, ${event.to}; its settings and its conversation moved along.`,
      };
    if (event.kind === "ignored" || !event.sender || !event.place) return { fate: "ignored" as const };
    const settings = deps.settings(account.channel.id, account.id) ?? account.settings;
    const { sender, place } = event;
    if (event.kind === "message" && place.chatKind !== "direct" && !isMeant(event, settings)) {
      const known = settings.groupPolicy !== "disabled" && settings.groups[place.chatId]?.enabled !== false;
      if (known) return { fate: "ignored" as const, reason: "In groups only messages that name the assistant are answered." };
    }
    const where = { channel: account.channel.id, account: account.id, settings };
    const standing = deps.senders.standing(where, sender, place);
    switch (standing.verdict) {
      case "known":
        return { fate: "received" as const, role: standing.role };
      case "ignored":
        return { fate: "ignored" as const, reason: standing.reason };
      case "refused":
        return { fate: "refused" as const, reason: standing.reason };
      case "pair":
        return { fate: "refused" as const, pair: true, reason: "This person is not paired; they were shown a code." };
    }
  }

  /** undefined: it was seen before. */
  function insert(account: ReceivingAccount, update: RawUpdate): { work: boolean } | undefined {
    const event = account.calls.parse(update, account.self);
    const verdict = decide(account, event);
    const role = "role" in verdict ? verdict.role : undefined;
    const album = event.kind === "message" && event.albumId !== undefined;
    const id = deps.messages.insert({
      channel: account.channel.id,
      account: account.id,
      updateId: update.id,
      event,
      fate: verdict.fate,
      ...(role ? { role } : {}),
      ...("reason" in verdict && verdict.reason ? { reason: verdict.reason } : {}),
      ...(album ? { dueAt: deps.clock.now() + albumMs } : {}),
    });
    if (id === undefined) return undefined;
    if (event.kind === "moved") deps.onMoved(account.channel.id, account.id, event.place.chatId, event.to);
    if ((event.kind === "message" || event.kind === "press") && role)
      deps.senders.seen(account.channel.id, account.id, event.sender, event.place);
    if ("pair" in verdict && event.kind === "message") {
      const asked = deps.pairings.ask(account.channel.id, account.id, event.sender, event.place);
      if (asked?.fresh) deps.onPairing(asked.request);
    }
    return { work: verdict.fate === "received" };
  }

  return (account, updates) => {
    const fresh = deps.db.transaction(() => updates.flatMap((update) => insert(account, update) ?? []));
    if (fresh.length > 0) {
      const work = fresh.some((one) => one.work);
      deps.onInbound(account.channel.id, account.id, work);
    }
    return fresh.length;
  };
}

function isMeant(event: Extract<InboundEvent, { kind: "message" }>, settings: ChannelAccountSettings): boolean {
  const mention = settings.groups[event.place.chatId]?.requireMention ?? settings.requireMention;
  return !mention || event.addressed || event.command !== undefined;
}
