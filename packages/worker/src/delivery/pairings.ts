/**
 * Strangers who ask to be let in. Each is shown a code of eight characters that lives an hour; at most three wait on one
 * account; it is approved in the UI, by the CLI or by the owner in a conversation, and decided once. Five wrong codes end a request.
 */

import type { ChannelPairingRow } from "@moltworker/protocol/channels";
import { MoltError } from "@moltworker/protocol/errors";
import type { Clock } from "../platform/clock.ts";
import { createId } from "../platform/id.ts";
import type { Database } from "../storage/database.ts";
import type { Place, Sender } from "./channel.ts";

const LIFE_MS = 3_600_000;
const PENDING_PER_ACCOUNT = 3;
const WRONG_CODES = 5;
/** Without letters that are taken for digits; 32, so that a byte maps evenly. */
const ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

interface Row {
  id: string;
  channel: string;
  account: string;
  sender_id: string;
  name: string;
  username: string | null;
  chat_id: string;
  code: string;
  wrong_codes: number;
  created_at: number;
  expires_at: number;
}

export interface PairingRequest extends ChannelPairingRow {
  chatId: string;
}

export interface ChannelPairings {
  /** `fresh`: made now, so the stranger has not been told. undefined when too many wait. */
  ask(channel: string, account: string, sender: Sender, place: Place): { request: PairingRequest; fresh: boolean } | undefined;
  list(): PairingRequest[];
  /** Takes the request out of the queue. Throws NOT_FOUND. `reference`: id or code. */
  decide(reference: string, decision: "approved" | "dismissed"): PairingRequest;
}

export function createChannelPairings(db: Database, clock: Clock): ChannelPairings {
  const live = () =>
    db.all<Row>("SELECT * FROM channel_pairings WHERE decision IS NULL AND expires_at > ? ORDER BY created_at", clock.now());

  return {
    ask(channel, account, sender, place) {
      const waiting = live().filter((row) => row.channel === channel && row.account === account);
      const known = waiting.find((row) => row.sender_id === sender.id);
      if (known) return { request: requestFrom(known), fresh: false };
      if (waiting.length >= PENDING_PER_ACCOUNT) return undefined;
      const now = clock.now();
      db.run("DELETE FROM channel_pairings WHERE expires_at <= ?", now);
      const row: Row = {
        id: createId("cpair", now),
        channel,
        account,
        sender_id: sender.id,
        name: sender.name.slice(0, 100),
        username: sender.username?.slice(0, 100) ?? null,
        chat_id: place.chatId,
        code: newCode(),
        wrong_codes: 0,
        created_at: now,
        expires_at: now + LIFE_MS,
      };
      db.run(
        `INSERT INTO channel_pairings (id, channel, account, sender_id, name, username, chat_id, code, created_at, expires_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        row.id,
        channel,
        account,
        row.sender_id,
        row.name,
        row.username,
        row.chat_id,
        row.code,
        now,
        row.expires_at,
      );
      return { request: requestFrom(row), fresh: true };
    },
    list: () => live().map(requestFrom),
    decide(reference, decision) {
      const rows = live();
      const text = reference.trim();
      const plain = text.toUpperCase().replace(/[^A-Z0-9]/g, "");
      const row = rows.find(({ id }) => id === text) ?? rows.find(({ code }) => code === plain);
      if (!row) {
        // Whoever guesses, guesses at all of them.
        if (plain.length === 8) wrongCode(db, rows);
        throw new MoltError("NOT_FOUND", {
          message: "no request with this code is waiting",
          hint: "It was decided already or is older than an hour; the person can write to the bot again.",
        });
      }
      db.run("UPDATE channel_pairings SET decision = ? WHERE id = ?", decision, row.id);
      return requestFrom(row);
    },
  };
}

function wrongCode(db: Database, rows: Row[]): void {
  for (const row of rows) {
    db.run(
      "UPDATE channel_pairings SET wrong_codes = wrong_codes + 1, decision = CASE WHEN wrong_codes + 1 >= ? THEN 'expired' END WHERE id = ?",
      WRONG_CODES,
      row.id,
    );
  }
}

function newCode(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => ALPHABET.charAt(byte % ALPHABET.length)).join("");
}

function requestFrom(row: Row): PairingRequest {
  return {
    id: row.id,
    channel: row.channel,
    accountId: row.account,
    senderId: row.sender_id,
    name: row.name,
    username: row.username,
    code: row.code,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    chatId: row.chat_id,
  };
}
