/**
 * The public keys of an Access team: fetched once an hour and kept in the database, so that neither a restart nor a wake
 * waits for them. A key that is not among them is looked for once more, at most once a minute for the whole assistant:
 * made-up key names cannot turn us against the team's server.
 */

import { isMoltError, MoltError } from "@moltworker/protocol/errors";
import * as z from "zod";
import type { Clock } from "../platform/clock.ts";
import type { Egress } from "../platform/egress.ts";
import type { Log } from "../platform/log.ts";
import type { Database } from "../storage/database.ts";
import { accessInvalid } from "./access-refusals.ts";
import type { AccessTeam } from "./access-team.ts";

export const KEYS_FRESH_MS = 3_600_000;
/** How long keys are used on when the team's server cannot be reached. Access itself keeps a retired key for a week. */
export const KEYS_STALE_MS = 7 * 86_400_000;
export const KEYS_RETRY_MS = 60_000;

const keySet = z.object({
  keys: z
    .array(z.looseObject({ kty: z.string(), kid: z.string().optional() }))
    .min(1)
    .max(50),
});

export type KeySet = z.infer<typeof keySet>;

export interface AccessKeys {
  /** The team's keys, with `kid` among them if the team publishes it. Throws ACCESS_JWT_INVALID (unknown-key, no-keys), UNAVAILABLE. */
  having(team: AccessTeam, kid: string): Promise<KeySet>;
}

interface Kept {
  set: KeySet;
  fetchedAt: number;
}

interface KeyDeps {
  egress: Egress;
  db: Database;
  clock: Clock;
  log: Log;
}

export function createAccessKeys({ egress, db, clock, log }: KeyDeps): AccessKeys {
  let memory: { url: string; kept: Kept } | undefined;
  /** The one request under way, per address. */
  let pending: { url: string; keys: Promise<Kept> } | undefined;
  /** Since when nothing is asked for a minute: a try failed, or a missing key was looked for. */
  let restingFrom = { url: "", at: 0 };

  function kept(url: string): Kept | undefined {
    if (memory?.url === url) return memory.kept;
    const row = db.one<{ jwks: string; fetched_at: number }>("SELECT jwks, fetched_at FROM auth_access_keys WHERE url = ?", url);
    const parsed = row && keySet.safeParse(JSON.parse(row.jwks));
    if (!row || !parsed?.success) return undefined;
    memory = { url, kept: { set: parsed.data, fetchedAt: row.fetched_at } };
    return memory.kept;
  }

  async function load(team: AccessTeam): Promise<Kept> {
    const response = await egress.fetch(team.keysUrl, {}, { named: team.named, maxBytes: 262_144, firstByteTimeoutMs: 5_000 });
    if (!response.ok) {
      await response.body?.cancel();
      if (response.status < 500) throw accessInvalid("no-keys");
      throw unreachable(`the team's server answered ${response.status}`);
    }
    const parsed = keySet.safeParse(await response.json().catch(() => undefined));
    if (!parsed.success) throw accessInvalid("no-keys");
    const fresh = { set: parsed.data, fetchedAt: clock.now() };
    db.run("DELETE FROM auth_access_keys");
    db.run(
      "INSERT INTO auth_access_keys (url, jwks, fetched_at) VALUES (?, ?, ?)",
      team.keysUrl,
      JSON.stringify(fresh.set),
      fresh.fetchedAt,
    );
    memory = { url: team.keysUrl, kept: fresh };
    log.info("auth.access-keys", { url: team.keysUrl, keys: fresh.set.keys.length });
    return fresh;
  }

  function fetchOnce(team: AccessTeam): Promise<Kept> {
    const url = team.keysUrl;
    if (pending?.url !== url) {
      const keys = load(team).finally(() => {
        if (pending?.keys === keys) pending = undefined;
      });
      pending = { url, keys };
    }
    return pending.keys;
  }

  const rest = (url: string) => {
    restingFrom = { url, at: clock.now() };
  };
  const mayAsk = (url: string) =>
    pending?.url === url || restingFrom.url !== url || clock.now() - restingFrom.at >= KEYS_RETRY_MS;

  async function refresh(team: AccessTeam, old: Kept | undefined): Promise<Kept> {
    if (!mayAsk(team.keysUrl)) {
      if (old) return old;
      throw unreachable("the last try failed, and the next one is within a minute");
    }
    // A look for a key that is missing from fresh ones is what a stranger can bring about.
    if (old && clock.now() - old.fetchedAt < KEYS_FRESH_MS) rest(team.keysUrl);
    try {
      return await fetchOnce(team);
    } catch (error) {
      rest(team.keysUrl);
      if (old && clock.now() - old.fetchedAt < KEYS_STALE_MS) {
        log.warn("auth.access-keys-stale", { url: team.keysUrl, error });
        return old;
      }
      throw isMoltError(error) && error.code === "ACCESS_JWT_INVALID" ? error : unreachable((error as Error).message);
    }
  }

  return {
    having: async (team, kid) => {
      const known = kept(team.keysUrl);
      const has = known?.set.keys.some((key) => key.kid === kid) === true;
      if (known && has && clock.now() - known.fetchedAt < KEYS_FRESH_MS) return known.set;
      const current = await refresh(team, known);
      if (!current.set.keys.some((key) => key.kid === kid)) throw accessInvalid("unknown-key");
      return current.set;
    },
  };
}

function unreachable(why: string): MoltError {
  return new MoltError("UNAVAILABLE", {
    message: `the Access team's keys cannot be fetched: ${why}`,
    hint: "Check access.teamDomain and this machine's network, then try again in a minute.",
    retryAfterMs: KEYS_RETRY_MS,
  });
}
