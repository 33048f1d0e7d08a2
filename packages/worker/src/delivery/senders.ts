/**
 * Who a person on a channel is. The provider's immutable id decides, never a name. A role that was given here (by pairing or
 * by a person) stands first, then the settings, then the policy. Nobody becomes the owner by policy.
 */

import type { ChannelSenderRow, SenderRole } from "@moltworker/protocol/channels";
import type { Scope } from "@moltworker/protocol/scopes";
import type { Principal } from "../auth/principal.ts";
import type { ChannelAccountSettings } from "../config/sections/channels.ts";
import type { Clock } from "../platform/clock.ts";
import type { Database } from "../storage/database.ts";
import type { Place, Sender } from "./channel.ts";

export type Standing =
  | { verdict: "known"; role: "owner" | "guest" }
  | { verdict: "pair" }
  | { verdict: "refused"; reason: string }
  | { verdict: "ignored"; reason: string };

interface Row {
  channel: string;
  account: string;
  sender_id: string;
  name: string;
  username: string | null;
  role: SenderRole | null;
  source: "pairing" | "person" | null;
  direct_chat: string | null;
  first_seen_at: number | null;
  last_seen_at: number | null;
}

export interface Senders {
  standing(where: { channel: string; account: string; settings: ChannelAccountSettings }, sender: Sender, place: Place): Standing;
  /** Keeps the name for people to read, and where they can be written to. */
  seen(channel: string, account: string, sender: Sender, place: Place): void;
  setRole(
    channel: string,
    account: string,
    person: { id: string; name?: string; username?: string | null; chatId?: string },
    grant: { role: SenderRole; source: "pairing" | "person"; by: string },
  ): void;
  remove(channel: string, account: string, senderId: string): boolean;
  list(channel: string, account: string, settings: ChannelAccountSettings): ChannelSenderRow[];
  /** Private chats of the owner's identities on that account, the one used last first. */
  ownerChats(channel: string, account: string, settings: ChannelAccountSettings): string[];
}

/** What a role lets a person do from a conversation. */
export const roleScopes: Record<"owner" | "guest", readonly Scope[]> = {
  owner: ["operator.write", "operator.approvals", "operator.pairing"],
  guest: ["operator.write"],
};

export function senderPrincipal(channel: string, account: string, senderId: string, role: "owner" | "guest"): Principal {
  return { kind: "channel", id: `${channel}:${account}:${senderId}`, via: channel, role, scopes: roleScopes[role] };
}

/** How exactly it is kept when somebody wrote last. */
const seenStepMs = 60_000;

export function createSenders(db: Database, clock: Clock): Senders {
  const find = (channel: string, account: string, id: string) =>
    db.one<Row>("SELECT * FROM channel_senders WHERE channel = ? AND account = ? AND sender_id = ?", channel, account, id);
  const rows = (channel: string, account: string) =>
    db.all<Row>("SELECT * FROM channel_senders WHERE channel = ? AND account = ? ORDER BY last_seen_at DESC", channel, account);
  const roleFrom = (row: Row | undefined, settings: ChannelAccountSettings, id: string): SenderRole | undefined => {
    if (row?.role) return row.role;
    if (settings.owners.includes(id)) return "owner";
    return settings.allowFrom.includes(id) ? "guest" : undefined;
  };

  return {
    standing({ channel, account, settings }, sender, place) {
      if (sender.isBot) return { verdict: "ignored", reason: "Messages of other bots are not answered." };
      const role = roleFrom(find(channel, account, sender.id), settings, sender.id);
      if (role === "blocked") return { verdict: "refused", reason: "This person is blocked." };
      return place.chatKind === "direct" ? inPrivate(settings, role) : inGroup(settings, role, sender, place);
    },
    seen(channel, account, sender, place) {
      const now = clock.now();
      const known = find(channel, account, sender.id);
      const chat = place.chatKind === "direct" ? place.chatId : (known?.direct_chat ?? null);
      const same =
        known?.name === sender.name.slice(0, 100) &&
        known.username === (sender.username?.slice(0, 100) ?? null) &&
        known.direct_chat === chat;
      if (same && now - (known.last_seen_at ?? 0) < seenStepMs) return;
      db.run(
        `INSERT INTO channel_senders (channel, account, sender_id, name, username, direct_chat, first_seen_at, last_seen_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (channel, account, sender_id) DO UPDATE SET
         name = excluded.name, username = excluded.username, direct_chat = coalesce(excluded.direct_chat, direct_chat),
         first_seen_at = coalesce(first_seen_at, excluded.first_seen_at), last_seen_at = excluded.last_seen_at`,
        channel,
        account,
        sender.id,
        sender.name.slice(0, 100),
        sender.username?.slice(0, 100) ?? null,
        place.chatKind === "direct" ? place.chatId : null,
        now,
        now,
      );
    },
    setRole(channel, account, person, grant) {
      db.run(
        `INSERT INTO channel_senders (channel, account, sender_id, name, username, role, source, decided_by, direct_chat)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (channel, account, sender_id) DO UPDATE SET
         role = excluded.role, source = excluded.source, decided_by = excluded.decided_by,
         direct_chat = coalesce(excluded.direct_chat, direct_chat)`,
        channel,
        account,
        person.id,
        person.name ?? "",
        person.username ?? null,
        grant.role,
        grant.source,
        grant.by,
        person.chatId ?? null,
      );
    },
    remove: (channel, account, senderId) =>
      db.run(
        "UPDATE channel_senders SET role = NULL, source = NULL WHERE channel = ? AND account = ? AND sender_id = ? AND role IS NOT NULL",
        channel,
        account,
        senderId,
      ) > 0,
    list(channel, account, settings) {
      const known = rows(channel, account);
      const unseen = [...settings.owners, ...settings.allowFrom].filter(
        (id) => id !== "*" && !known.some((row) => row.sender_id === id),
      );
      const all = [...known, ...[...new Set(unseen)].map((id) => unseenRow(channel, account, id))];
      return all.flatMap((row) => {
        const role = roleFrom(row, settings, row.sender_id) ?? (settings.dmPolicy === "open" ? "guest" : undefined);
        return role === undefined ? [] : [senderRow(row, role, settings)];
      });
    },
    ownerChats: (channel, account, settings) =>
      rows(channel, account).flatMap((row) =>
        row.direct_chat !== null && roleFrom(row, settings, row.sender_id) === "owner" ? [row.direct_chat] : [],
      ),
  };
}

function inPrivate(settings: ChannelAccountSettings, role: "owner" | "guest" | undefined): Standing {
  if (settings.dmPolicy === "disabled")
    return { verdict: "refused", reason: "Private messages are turned off for this account." };
  if (role) return { verdict: "known", role };
  if (settings.dmPolicy === "open") return { verdict: "known", role: "guest" };
  if (settings.dmPolicy === "pairing") return { verdict: "pair" };
  return { verdict: "refused", reason: "Only people on the account's list may write, and this one is not on it." };
}

function inGroup(settings: ChannelAccountSettings, role: "owner" | "guest" | undefined, sender: Sender, place: Place): Standing {
  const group = settings.groups[place.chatId];
  if (settings.groupPolicy === "disabled") return { verdict: "refused", reason: "Groups are turned off for this account." };
  if (group?.enabled === false) return { verdict: "refused", reason: "This group is turned off." };
  if (settings.groupPolicy === "allowlist" && !group)
    return { verdict: "refused", reason: `The group ${place.chatId} is not on the account's list.` };
  if (group?.audience === "owner") {
    if (role === "owner") return { verdict: "known", role };
    return { verdict: "refused", reason: "In this group only the owner is heard." };
  }
  if (group?.allowFrom && role !== "owner" && !group.allowFrom.includes(sender.id))
    return { verdict: "refused", reason: "This person is not on the group's list." };
  return { verdict: "known", role: role ?? "guest" };
}

const unseenRow = (channel: string, account: string, id: string): Row => ({
  channel,
  account,
  sender_id: id,
  name: "",
  username: null,
  role: null,
  source: null,
  direct_chat: null,
  first_seen_at: null,
  last_seen_at: null,
});

function senderRow(row: Row, role: SenderRole, settings: ChannelAccountSettings): ChannelSenderRow {
  const listed = settings.owners.includes(row.sender_id) || settings.allowFrom.includes(row.sender_id);
  return {
    channel: row.channel,
    accountId: row.account,
    senderId: row.sender_id,
    name: row.name,
    username: row.username,
    role,
    source: row.role ? (row.source ?? "person") : listed ? "settings" : "policy",
    firstSeenAt: row.first_seen_at,
    lastSeenAt: row.last_seen_at,
  };
}
