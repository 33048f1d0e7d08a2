/** Tokens for programs: own scopes, an optional end, kept as digests, shown once. Read anew for every check, so revoking works at once. */

import { MoltError } from "@moltworker/protocol/errors";
import type { TokenLimits } from "@moltworker/protocol/gateway";
import type { ApiTokenRow } from "@moltworker/protocol/rows";
import type { Scope } from "@moltworker/protocol/scopes";
import type { Clock } from "../platform/clock.ts";
import { createId } from "../platform/id.ts";
import type { Database } from "../storage/database.ts";
import { scopesFromText } from "./devices.ts";
import { digest, randomSecret } from "./digest.ts";
import { checkGrant } from "./pairing.ts";
import type { Principal } from "./principal.ts";

/** So that a token in the wrong place is recognised. */
const API_TOKEN_PREFIX = "molt_";
const MAX_LIVE = 200;
/** Use is noted at most this often. */
const TOUCH_MS = 60_000;

export interface NewApiToken {
  label: string;
  scopes: readonly Scope[];
  /** Epoch milliseconds. */
  expiresAt?: number;
  /** Whose spending its model calls are; its own id otherwise. */
  tenant?: string;
  limits?: TokenLimits;
}

export interface ApiTokens {
  /** Throws FORBIDDEN when it would hold more than its maker, INVALID_REQUEST. The token itself is nowhere kept. */
  create(by: Principal, wanted: NewApiToken): Promise<{ token: string; row: ApiTokenRow }>;
  /** The live token of this digest, as a principal. */
  byToken(tokenHash: string): Extract<Principal, { kind: "api" }> | undefined;
  touch(id: string): void;
  isLive(id: string): boolean;
  /** The live token's row. */
  find(id: string): ApiTokenRow | undefined;
  /** Changes with every token made or revoked: what was learnt of a token under another revision holds no more. */
  revision(): number;
  /** Without those that have ended. */
  list(): ApiTokenRow[];
  /** Final. Throws NOT_FOUND. */
  revoke(id: string): ApiTokenRow;
}

interface Row {
  id: string;
  label: string;
  scopes: string;
  created_at: number;
  used_at: number | null;
  expires_at: number | null;
  tenant: string | null;
  limits: string | null;
}

const columns = "id, label, scopes, created_at, used_at, expires_at, tenant, limits";
const isLiveAt = "revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?)";

export function createApiTokens(db: Database, clock: Clock): ApiTokens {
  const find = (id: string) =>
    db.one<Row>(`SELECT ${columns} FROM auth_api_tokens WHERE id = ? AND ${isLiveAt}`, id, clock.now());
  const all = () =>
    db.all<Row>(`SELECT ${columns} FROM auth_api_tokens WHERE ${isLiveAt} ORDER BY created_at DESC, id DESC`, clock.now());

  let revision = 0;
  return {
    create: async (by, { label, scopes, expiresAt, tenant, limits }) => {
      const now = clock.now();
      checkGrant(by, scopes, "API token denied");
      if (scopes.length === 0) throw new MoltError("INVALID_REQUEST", { message: "a token needs at least one scope" });
      if (expiresAt !== undefined && expiresAt <= now)
        throw new MoltError("INVALID_REQUEST", {
          message: "expiresAt lies in the past",
          hint: "Give a time to come, in milliseconds.",
        });
      const token = `${API_TOKEN_PREFIX}${randomSecret()}`;
      const tokenHash = await digest(token);
      if (all().length >= MAX_LIVE)
        throw new MoltError("RATE_LIMITED", { message: `there are ${MAX_LIVE} API tokens already`, hint: "Revoke some first." });
      const id = createId("api", now);
      db.run(
        `INSERT INTO auth_api_tokens (id, token_hash, label, scopes, created_at, created_by, expires_at, tenant, limits)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        id,
        tokenHash,
        label,
        scopes.join(","),
        now,
        by.id,
        expiresAt ?? null,
        tenant ?? null,
        limits ? JSON.stringify(limits) : null,
      );
      revision += 1;
      return { token, row: rowFrom(find(id) as Row) };
    },
    byToken: (tokenHash) => {
      const row = db.one<Row>(
        `SELECT ${columns} FROM auth_api_tokens WHERE token_hash = ? AND ${isLiveAt}`,
        tokenHash,
        clock.now(),
      );
      return row && { kind: "api", id: row.id, scopes: scopesFromText(row.scopes), via: "api" };
    },
    touch: (id) => {
      const now = clock.now();
      db.run("UPDATE auth_api_tokens SET used_at = ? WHERE id = ? AND (used_at IS NULL OR used_at < ?)", now, id, now - TOUCH_MS);
    },
    isLive: (id) => find(id) !== undefined,
    find: (id) => {
      const row = find(id);
      return row && rowFrom(row);
    },
    revision: () => revision,
    list: () => all().map(rowFrom),
    revoke: (id) => {
      const row = find(id);
      if (!row)
        throw new MoltError("NOT_FOUND", {
          message: "there is no such API token",
          hint: "Read the list again: it was revoked or has expired.",
        });
      db.run("UPDATE auth_api_tokens SET revoked_at = ? WHERE id = ?", clock.now(), id);
      revision += 1;
      return rowFrom(row);
    },
  };
}

function rowFrom(row: Row): ApiTokenRow {
  return {
    id: row.id,
    label: row.label,
    scopes: scopesFromText(row.scopes),
    createdAt: row.created_at,
    usedAt: row.used_at,
    expiresAt: row.expires_at,
    tenant: row.tenant ?? row.id,
    limits: row.limits === null ? null : (JSON.parse(row.limits) as TokenLimits),
  };
}
