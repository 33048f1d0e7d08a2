/** Challenges for passkeys: kept as digests, good for five minutes and one answer, bound to a page and (to register) to who asked. */

import { MoltError } from "@moltworker/protocol/errors";
import type { Clock } from "../platform/clock.ts";
import type { Database } from "../storage/database.ts";
import { digest, randomSecret } from "./digest.ts";
import type { PasskeyPlace } from "./passkey-place.ts";

export const CHALLENGE_MS = 300_000;
/** Anybody may ask for one: an address keeps its newest, and all together have an end. */
const PER_ADDRESS = 50;
const IN_ALL = 5_000;

export type Purpose = "register" | "sign-in";

export interface Challenge extends PasskeyPlace {
  /** Principal that asked, to register. */
  who: string | null;
}

export interface Challenges {
  /** Base64url of 32 random bytes. Throws AUTH_RATE_LIMITED. */
  create(purpose: Purpose, place: PasskeyPlace, from: { who?: string; address: string }): Promise<string>;
  /** What it was made for, once. */
  take(challengeHash: string, purpose: Purpose): Challenge | undefined;
}

interface Row {
  purpose: Purpose;
  rp_id: string;
  origin: string;
  who: string | null;
  expires_at: number;
}

export function createChallenges(db: Database, clock: Clock): Challenges {
  return {
    create: async (purpose, place, { who, address }) => {
      const challenge = randomSecret();
      const hash = await digest(challenge);
      const now = clock.now();
      db.transaction(() => {
        db.run("DELETE FROM auth_challenges WHERE expires_at <= ?", now);
        db.run(
          `DELETE FROM auth_challenges WHERE address = ? AND challenge_hash NOT IN
             (SELECT challenge_hash FROM auth_challenges WHERE address = ? ORDER BY expires_at DESC, rowid DESC LIMIT ?)`,
          address,
          address,
          PER_ADDRESS - 1,
        );
        const count = db.one<{ count: number }>("SELECT COUNT(*) AS count FROM auth_challenges")?.count ?? 0;
        if (count >= IN_ALL)
          throw new MoltError("AUTH_RATE_LIMITED", {
            message: "unauthorized: too many sign-ins were begun (retry later)",
            retryAfterMs: CHALLENGE_MS,
          });
        db.run(
          "INSERT INTO auth_challenges (challenge_hash, purpose, rp_id, origin, who, address, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
          hash,
          purpose,
          place.rpId,
          place.origin,
          who ?? null,
          address,
          now + CHALLENGE_MS,
        );
      });
      return challenge;
    },
    take: (hash, purpose) => {
      const row = db.one<Row>(
        "SELECT purpose, rp_id, origin, who, expires_at FROM auth_challenges WHERE challenge_hash = ?",
        hash,
      );
      db.run("DELETE FROM auth_challenges WHERE challenge_hash = ?", hash);
      if (!row || row.purpose !== purpose || row.expires_at <= clock.now()) return undefined;
      return { rpId: row.rp_id, origin: row.origin, who: row.who };
    },
  };
}
