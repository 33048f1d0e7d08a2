/**
 * Cloudflare Access as identity: a verified token of the configured team, meant for this application, whose holder is on
 * the list, is the owner. No header counts for more than its signature, and none at all while no team is set. The
 * settings are read at every check, so a change takes effect at once, on live sockets too.
 */

import { type MoltError, moltErrorFrom } from "@moltworker/protocol/errors";
import { scopes as allScopes } from "@moltworker/protocol/scopes";
import type { z } from "zod";
import type { accessSection } from "../config/sections/access.ts";
import type { Clock } from "../platform/clock.ts";
import type { Egress } from "../platform/egress.ts";
import type { Log } from "../platform/log.ts";
import type { Database } from "../storage/database.ts";
import type { Migration } from "../storage/migrations.ts";
import { createAccessKeys } from "./access-keys.ts";
import { accessInvalid, accessNotListed } from "./access-refusals.ts";
import { accessTeam } from "./access-team.ts";
import { type AccessClaims, accessTokens, innocentFaults, verifyAccessToken } from "./access-token.ts";
import type { AccessPrincipal } from "./principal.ts";

export type AccessSettings = z.infer<typeof accessSection.schema>;

export interface AccessRefusal {
  error: MoltError;
  /** No guess can have brought it about, so it does not count as a failed attempt. */
  innocent: boolean;
}

export interface Access {
  /** Who came through Access; undefined when no team is set or no token was sent. Never throws. */
  identify(request: Request): Promise<AccessPrincipal | AccessRefusal | undefined>;
  /** True once for each token of Access: with it somebody's session begins. */
  isFirstUse(principal: AccessPrincipal): boolean;
  /** Asked again for each request on a live socket. */
  stillValid(principal: AccessPrincipal): boolean;
  /** This token is worth nothing from now on; Access may issue another. */
  end(principal: AccessPrincipal): void;
  /** Every token issued until now is worth nothing. */
  endAll(): void;
}

export const accessMigration: Migration = {
  name: "0012-access",
  statements: [
    "CREATE TABLE auth_access_keys (url TEXT PRIMARY KEY, jwks TEXT NOT NULL, fetched_at INTEGER NOT NULL)",
    // `token_id` is `*` for all; then tokens issued until `ended_at` have ended.
    "CREATE TABLE auth_access_ended (token_id TEXT PRIMARY KEY, ended_at INTEGER NOT NULL, expires_at INTEGER NOT NULL)",
  ],
};

const ALL = "*";
const SEEN_IN_MEMORY = 1_000;

interface AccessDeps {
  settings(): AccessSettings;
  egress: Egress;
  db: Database;
  clock: Clock;
  log: Log;
}

export function createAccess({ settings, egress, db, clock, log }: AccessDeps): Access {
  const keys = createAccessKeys({ egress, db, clock, log });
  /** So that a request costs no write. */
  const seen = new Set<string>();

  const endedAt = (tokenId: string) =>
    db.one<{ ended_at: number }>("SELECT ended_at FROM auth_access_ended WHERE token_id = ?", tokenId)?.ended_at;
  // Tokens carry whole seconds; one issued in the very second of the sign-out is taken for an older one.
  const hasEnded = (tokenId: string, issuedAt: number) => endedAt(tokenId) !== undefined || issuedAt <= (endedAt(ALL) ?? -1);

  function write(tokenId: string, expiresAt: number): void {
    const now = clock.now();
    db.run("DELETE FROM auth_access_ended WHERE expires_at < ?", now);
    db.run("INSERT OR REPLACE INTO auth_access_ended (token_id, ended_at, expires_at) VALUES (?, ?, ?)", tokenId, now, expiresAt);
  }

  /** Throws ACCESS_JWT_INVALID, FORBIDDEN, UNAVAILABLE. */
  async function owner(token: string): Promise<AccessPrincipal> {
    const { teamDomain, audience, allowed } = settings();
    const team = accessTeam(teamDomain ?? "");
    if (!team) throw accessInvalid("no-team");
    if (audience.length === 0) throw accessInvalid("no-audience");
    const claims = await verifyAccessToken(token, { team, audience }, keys, clock);
    if (hasEnded(claims.tokenId, claims.issuedAt)) throw accessInvalid("signed-out");
    if (!isAllowed(claims.name, allowed)) throw accessNotListed(claims.name);
    // Only what decides travels with a socket.
    return principalOf({ ...claims, audience: claims.audience.filter((tag) => audience.includes(tag)) }, team.issuer);
  }

  /** The first token that is good, else why the first one is not. */
  async function judge(request: Request): Promise<AccessPrincipal | AccessRefusal | undefined> {
    let refusal: AccessRefusal | undefined;
    for (const token of accessTokens(request)) {
      try {
        return await owner(token);
      } catch (thrown) {
        refusal ??= refusalFrom(thrown);
      }
    }
    return refusal;
  }

  return {
    identify: async (request) => {
      const { teamDomain, audience } = settings();
      if (teamDomain === null && audience.length === 0) return undefined;
      return judge(request).catch(refusalFrom);
    },
    isFirstUse: ({ access }) => {
      if (seen.has(access.tokenId)) return false;
      if (seen.size >= SEEN_IN_MEMORY) seen.clear();
      seen.add(access.tokenId);
      const now = clock.now();
      db.run("DELETE FROM auth_access_seen WHERE expires_at < ?", now);
      const row = [access.tokenId, now, access.expiresAt] as const;
      return db.run("INSERT OR IGNORE INTO auth_access_seen (token_id, seen_at, expires_at) VALUES (?, ?, ?)", ...row) > 0;
    },
    stillValid: ({ access }) => {
      const { teamDomain, audience, allowed } = settings();
      return (
        access.expiresAt > clock.now() &&
        accessTeam(teamDomain ?? "")?.issuer === access.issuer &&
        access.audience.some((tag) => audience.includes(tag)) &&
        isAllowed(access.name, allowed) &&
        !hasEnded(access.tokenId, access.issuedAt)
      );
    },
    end: ({ access }) => write(access.tokenId, access.expiresAt),
    endAll: () => write(ALL, Number.MAX_SAFE_INTEGER),
  };
}

function principalOf({ tokenId, name, audience, issuedAt, expiresAt }: AccessClaims, issuer: string): AccessPrincipal {
  const access = { tokenId, name, issuer, audience, issuedAt, expiresAt };
  return { kind: "owner", id: `access:${tokenId}`, scopes: allScopes, via: "access", access };
}

function isAllowed(name: string, allowed: readonly string[]): boolean {
  if (allowed.length === 0) return true;
  return allowed.some((entry) => {
    const wanted = entry.trim().toLowerCase();
    return wanted.startsWith("@") ? name.endsWith(wanted) && name.indexOf("@") === name.length - wanted.length : name === wanted;
  });
}

function refusalFrom(thrown: unknown): AccessRefusal {
  const error = moltErrorFrom(thrown);
  return { error, innocent: error.code !== "ACCESS_JWT_INVALID" || innocentFaults.has(error.details.reason) };
}
