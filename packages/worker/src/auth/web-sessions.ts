/** Sign-in of browsers: one-time links and the sessions they open. Codes and session secrets are stored as digests only. */

import { MoltError } from "@moltworker/protocol/errors";
import type { SignInWay } from "@moltworker/protocol/rows";
import type { Clock } from "../platform/clock.ts";
import { createId } from "../platform/id.ts";
import type { Database } from "../storage/database.ts";
import { digest, randomSecret } from "./digest.ts";

export const LINK_MS = 600_000;
/** A session ends after this long without use. */
export const SESSION_MS = 30 * 86_400_000;
/** Use is noted at most this often, so that reading costs no write. */
const TOUCH_MS = 3_600_000;
/** Ended sessions stay this long, to tell their holder why. */
const KEEP_ENDED_MS = 90 * 86_400_000;

export type SessionState = { state: "live"; id: string } | { state: "ended" } | { state: "unknown" };

export interface WebSessions {
  createLink(): Promise<{ code: string; expiresAt: number }>;
  /** True once per code, within ten minutes. Decides and uses it up in one turn. */
  takeLink(codeHash: string): boolean;
  open(way: OpenedBy, visit: { address: string; agent?: string }): Promise<{ secret: string; id: string }>;
  /** Ends what a passkey opened. */
  endOfPasskey(passkeyId: string): void;
  /** Live ones, last used first. */
  list(): WebSessionRow[];
  /** Keeps a session opened with the gateway token across that token's rotation. */
  keep(id: string): void;
  find(secretHash: string): SessionState;
  isLive(id: string): boolean;
  end(id: string): boolean;
  /** Ends all; returns the ids of those that were live. */
  endAll(): string[];
}

/** What opened a session; it ends when the gateway token is replaced, or the passkey removed. */
export type OpenedBy = { by: "link" } | { by: "token"; version: number } | { by: "passkey"; id: string };

export interface WebSessionRow {
  id: string;
  createdAt: number;
  /** To the hour. */
  usedAt: number;
  by: SignInWay;
  address: string | null;
  /** The browser's own words for itself, cut to 300 characters. */
  agent: string | null;
}

interface Row {
  id: string;
  token_version: number | null;
  used_at: number;
  expires_at: number;
  ended_at: number | null;
}

interface Facts {
  created_at: number;
  passkey_id: string | null;
  address: string | null;
  agent: string | null;
}

const columns = "id, token_version, used_at, expires_at, ended_at";

export function createWebSessions(db: Database, clock: Clock, tokenVersion: () => number): WebSessions {
  const live = <Some extends Row>(row: Some | undefined): row is Some =>
    row !== undefined &&
    row.ended_at === null &&
    row.expires_at > clock.now() &&
    (row.token_version === null || row.token_version === tokenVersion());

  return {
    createLink: async () => {
      const code = randomSecret(24);
      const codeHash = await digest(code);
      const now = clock.now();
      db.run("DELETE FROM auth_links WHERE expires_at <= ?", now);
      db.run("INSERT INTO auth_links (code_hash, created_at, expires_at) VALUES (?, ?, ?)", codeHash, now, now + LINK_MS);
      return { code, expiresAt: now + LINK_MS };
    },
    takeLink: (codeHash) => {
      const row = db.one<{ expires_at: number }>("SELECT expires_at FROM auth_links WHERE code_hash = ?", codeHash);
      if (!row) return false;
      db.run("DELETE FROM auth_links WHERE code_hash = ?", codeHash);
      return row.expires_at > clock.now();
    },
    endOfPasskey: (passkeyId) =>
      void db.run("UPDATE auth_sessions SET ended_at = ? WHERE passkey_id = ? AND ended_at IS NULL", clock.now(), passkeyId),
    open: async (way, visit) => {
      const secret = randomSecret();
      const hash = await digest(secret);
      const now = clock.now();
      const id = createId("ws", now);
      db.transaction(() => {
        db.run("DELETE FROM auth_sessions WHERE expires_at < ? OR ended_at < ?", now - KEEP_ENDED_MS, now - KEEP_ENDED_MS);
        db.run(
          "INSERT INTO auth_sessions (id, secret_hash, token_version, passkey_id, created_at, used_at, expires_at, address, agent) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
          id,
          hash,
          way.by === "token" ? way.version : null,
          way.by === "passkey" ? way.id : null,
          now,
          now,
          now + SESSION_MS,
          visit.address,
          visit.agent?.slice(0, 300) ?? null,
        );
      });
      return { secret, id };
    },
    list: () =>
      db
        .all<Row & Facts>(
          `SELECT ${columns}, created_at, passkey_id, address, agent FROM auth_sessions WHERE ended_at IS NULL ORDER BY used_at DESC`,
        )
        .filter(live)
        .map((row) => ({
          id: row.id,
          createdAt: row.created_at,
          usedAt: row.used_at,
          by: row.passkey_id !== null ? "passkey" : row.token_version === null ? "link" : "token",
          address: row.address,
          agent: row.agent,
        })),
    keep: (id) =>
      void db.run("UPDATE auth_sessions SET token_version = ? WHERE id = ? AND token_version IS NOT NULL", tokenVersion(), id),
    find: (secretHash) => {
      const row = db.one<Row>(`SELECT ${columns} FROM auth_sessions WHERE secret_hash = ?`, secretHash);
      if (!row) return { state: "unknown" };
      if (!live(row)) return { state: "ended" };
      const now = clock.now();
      if (now - row.used_at > TOUCH_MS)
        db.run("UPDATE auth_sessions SET used_at = ?, expires_at = ? WHERE id = ?", now, now + SESSION_MS, row.id);
      return { state: "live", id: row.id };
    },
    isLive: (id) => live(db.one<Row>(`SELECT ${columns} FROM auth_sessions WHERE id = ?`, id)),
    end: (id) => db.run("UPDATE auth_sessions SET ended_at = ? WHERE id = ? AND ended_at IS NULL", clock.now(), id) > 0,
    endAll: () => {
      const now = clock.now();
      const ids = db
        .all<{ id: string }>("SELECT id FROM auth_sessions WHERE ended_at IS NULL AND expires_at > ?", now)
        .map((row) => row.id);
      db.run("UPDATE auth_sessions SET ended_at = ? WHERE ended_at IS NULL", now);
      return ids;
    },
  };
}

export const linkInvalid = () => new MoltError("AUTH_LINK_INVALID");
export const sessionEnded = () => new MoltError("AUTH_EXPIRED");
