/** What an account knows over restarts: who it is, where its polling stands, how it gets its updates. */

import type { Database } from "../storage/database.ts";
import type { Identity } from "./channel.ts";

export interface StoredAccount {
  channel: string;
  account: string;
  /** Identity as JSON, proved with the secrets of version `identity_of`. */
  identity: string | null;
  identity_of: number | null;
  poll_cursor: string | null;
  mode: "webhook" | "polling" | null;
  webhook_url: string | null;
  webhook_failed_at: number | null;
  last_inbound_at: number | null;
  last_outbound_at: number | null;
}

export interface AccountStore {
  get(channel: string, account: string): StoredAccount | undefined;
  identified(channel: string, account: string, identity: Identity, secretVersion: number): void;
  set(
    channel: string,
    account: string,
    change: Partial<Omit<StoredAccount, "channel" | "account" | "identity" | "identity_of">>,
  ): void;
  forget(channel: string, account: string): void;
}

export function createAccountStore(db: Database): AccountStore {
  const ensure = (channel: string, account: string) =>
    db.run("INSERT INTO channel_accounts (channel, account) VALUES (?, ?) ON CONFLICT DO NOTHING", channel, account);
  return {
    get: (channel, account) =>
      db.one<StoredAccount>("SELECT * FROM channel_accounts WHERE channel = ? AND account = ?", channel, account),
    identified(channel, account, identity, secretVersion) {
      ensure(channel, account);
      db.run(
        "UPDATE channel_accounts SET identity = ?, identity_of = ? WHERE channel = ? AND account = ?",
        JSON.stringify(identity),
        secretVersion,
        channel,
        account,
      );
    },
    set(channel, account, change) {
      ensure(channel, account);
      const columns = Object.entries(change);
      db.run(
        `UPDATE channel_accounts SET ${columns.map(([column]) => `${column} = ?`).join(", ")} WHERE channel = ? AND account = ?`,
        ...columns.map(([, value]) => value ?? null),
        channel,
        account,
      );
    },
    forget: (channel, account) => void db.run("DELETE FROM channel_accounts WHERE channel = ? AND account = ?", channel, account),
  };
}
