/** Buttons under messages: opaque tokens that work once, in their own chat, under their own message, within their time. */

import { randomSecret } from "../auth/digest.ts";
import type { Clock } from "../platform/clock.ts";
import { createId } from "../platform/id.ts";
import type { Database } from "../storage/database.ts";
import type { Place } from "./channel.ts";

/** What a button does, once the gate agrees. */
export type ButtonAction =
  | { do: "approval"; approvalId: string; allow: boolean }
  | { do: "model"; sessionKey: string; model: string }
  | { do: "pairing"; requestId: string; allow: boolean; role: "owner" | "guest" };

export interface Buttons {
  /** Rows of buttons for one message; each label leads to its action. The message's row is `bind`-ed before it is sent. */
  make(
    where: { channel: string; account: string; place: Place; sendKey: string },
    rows: readonly (readonly { label: string; action: ButtonAction }[])[],
    lifeMs: number,
  ): { label: string; data: string }[][];
  /** The action, and the set's other buttons are spent with it; a sentence when it may not. Changes nothing but in success. */
  take(press: {
    channel: string;
    account: string;
    place: Place;
    messageId: string;
    data: string;
  }): { action: ButtonAction; sendKey: string } | { refused: string };
  /** Looks without spending. */
  peek(press: {
    channel: string;
    account: string;
    place: Place;
    messageId: string;
    data: string;
  }): { action: ButtonAction; sendKey: string } | { refused: string };
  prune(): void;
}

interface Row {
  token: string;
  set_id: string;
  channel: string;
  account: string;
  chat_id: string;
  outbox_id: string;
  action: string;
  expires_at: number;
  used_at: number | null;
}

/** 24 random bytes are 32 characters: within every provider's limit for button data. */
const tokenBytes = 24;

/** `formerChat`: the id that a chat had before the provider gave it the present one. */
export function createButtons(
  db: Database,
  clock: Clock,
  formerChat: (channel: string, account: string, chatId: string) => string | undefined,
): Buttons {
  const find: Buttons["peek"] = (press) => {
    const row = db.one<Row>("SELECT * FROM channel_buttons WHERE token = ?", press.data);
    if (!row) return { refused: "This button is not known here." };
    const sent = db.one<{ receipt: string | null }>("SELECT receipt FROM outbox WHERE dedupe_key = ?", row.outbox_id)?.receipt;
    const { channel, account, place } = press;
    const sameChat = row.chat_id === place.chatId || row.chat_id === formerChat(channel, account, place.chatId);
    const here = row.channel === channel && row.account === account && sameChat;
    if (!here || (sent != null && sent !== press.messageId)) return { refused: "This button belongs to another conversation." };
    if (row.used_at !== null) return { refused: "This was decided already." };
    if (row.expires_at <= clock.now()) return { refused: "This button is too old." };
    return { action: JSON.parse(row.action) as ButtonAction, sendKey: row.outbox_id };
  };

  return {
    make(where, rows, lifeMs) {
      const now = clock.now();
      const setId = createId("bset", now);
      return rows.map((row) =>
        row.map(({ label, action }) => {
          const token = randomSecret(tokenBytes);
          db.run(
            "INSERT INTO channel_buttons (token, set_id, channel, account, chat_id, outbox_id, action, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            token,
            setId,
            where.channel,
            where.account,
            where.place.chatId,
            where.sendKey,
            JSON.stringify(action),
            now + lifeMs,
          );
          return { label, data: token };
        }),
      );
    },
    peek: find,
    take(press) {
      const found = find(press);
      if ("refused" in found) return found;
      db.run(
        "UPDATE channel_buttons SET used_at = ? WHERE set_id = (SELECT set_id FROM channel_buttons WHERE token = ?)",
        clock.now(),
        press.data,
      );
      return found;
    },
    prune: () => void db.run("DELETE FROM channel_buttons WHERE expires_at < ?", clock.now() - 86_400_000),
  };
}
