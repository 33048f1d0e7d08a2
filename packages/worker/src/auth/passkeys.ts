/**
 * Passkeys: key pairs of the owner's authenticators, bound to a host name. Nothing secret is kept here. A removed one is
 * dead for good, and so are the sessions it opened.
 */

import { MoltError, moltErrorFrom } from "@moltworker/protocol/errors";
import type { PasskeyRow } from "@moltworker/protocol/rows";
import type { PublicKeyCredentialCreationOptionsJSON, PublicKeyCredentialRequestOptionsJSON } from "@simplewebauthn/server";
import type { Clock } from "../platform/clock.ts";
import { createId } from "../platform/id.ts";
import type { Database } from "../storage/database.ts";
import type { Attempts, Origin } from "./attempts.ts";
import { CHALLENGE_MS, createChallenges } from "./challenges.ts";
import { digest } from "./digest.ts";
import type { PasskeyPlace } from "./passkey-place.ts";
import {
  ALGORITHMS,
  type Assertion,
  challengeIn,
  type Registration,
  verifiedAssertion,
  verifiedRegistration,
} from "./passkey-proof.ts";
import { passkeyInvalid } from "./passkey-refusals.ts";
import type { Principal } from "./principal.ts";

const MAX_PASSKEYS = 50;

export interface Passkeys {
  /** For `navigator.credentials.create`. `name`: what the person's password manager calls it. */
  registerOptions(
    by: Principal,
    place: PasskeyPlace,
    name: string,
    address: string,
  ): Promise<PublicKeyCredentialCreationOptionsJSON>;
  /** Throws PASSKEY_INVALID. */
  register(by: Principal, place: PasskeyPlace, answer: Registration, label: string): Promise<PasskeyRow>;
  /** For `navigator.credentials.get`; names no passkey, so that a stranger learns none. */
  signInOptions(place: PasskeyPlace, address: string): Promise<PublicKeyCredentialRequestOptionsJSON>;
  /** The passkey whose proof holds. Throws PASSKEY_INVALID, AUTH_RATE_LIMITED. */
  prove(place: PasskeyPlace, answer: Assertion, from: Origin): Promise<PasskeyRow>;
  /** One was made for this host name. */
  existsAt(hostname: string): boolean;
  list(): PasskeyRow[];
  /** Throws NOT_FOUND; so does the other. */
  rename(id: string, label: string): PasskeyRow;
  remove(id: string): PasskeyRow;
}

interface Row {
  id: string;
  credential_id: string;
  public_key: string;
  counter: number;
  rp_id: string;
  label: string;
  backed_up: number;
  created_at: number;
  used_at: number | null;
}

interface PasskeyDeps {
  db: Database;
  clock: Clock;
  attempts: Attempts;
  /** Names this assistant's owner to authenticators, the same for ever. */
  userHandle(): Promise<string>;
  endSessions(passkeyId: string): void;
}

const columns = "id, credential_id, public_key, counter, rp_id, label, backed_up, created_at, used_at";

export function createPasskeys({ db, clock, attempts, userHandle, endSessions }: PasskeyDeps): Passkeys {
  const challenges = createChallenges(db, clock);
  const one = (column: "id" | "credential_id", value: string) =>
    db.one<Row>(`SELECT ${columns} FROM auth_passkeys WHERE ${column} = ? AND revoked_at IS NULL`, value);
  const all = () => db.all<Row>(`SELECT ${columns} FROM auth_passkeys WHERE revoked_at IS NULL ORDER BY created_at, id`);
  const existing = (id: string): Row => {
    const row = one("id", id);
    if (row) return row;
    throw new MoltError("NOT_FOUND", {
      message: "there is no such passkey",
      hint: "Read the list again: it was removed already.",
    });
  };

  /** Notes the use, unless another answer of the same passkey has counted further meanwhile. */
  function noteUse(id: string, counter: number, backedUp: boolean): boolean {
    const sql = `UPDATE auth_passkeys SET counter = ?, used_at = ?, backed_up = ?
      WHERE id = ? AND revoked_at IS NULL AND (counter < ? OR (counter = 0 AND ? = 0))`;
    return db.run(sql, counter, clock.now(), backedUp ? 1 : 0, id, counter, counter) > 0;
  }

  /** What the proof is worth, without a word about limits. */
  async function judged(
    place: PasskeyPlace,
    answer: Assertion,
  ): Promise<{ row: Row; counter: number; backedUp: boolean } | MoltError> {
    try {
      const challenge = challengeIn(answer.response.clientDataJSON);
      const kept = challenges.take(await digest(challenge), "sign-in");
      if (!kept) return passkeyInvalid("challenge");
      if (kept.origin !== place.origin) return passkeyInvalid("origin");
      const row = one("credential_id", answer.id);
      const { userHandle: said } = answer.response;
      if (!row || (said && said !== (await userHandle()))) return passkeyInvalid("unknown");
      if (row.rp_id !== kept.rpId) return passkeyInvalid("host");
      const stored = { credentialId: row.credential_id, publicKey: row.public_key, counter: row.counter };
      return { row, ...(await verifiedAssertion(answer, kept, challenge, stored)) };
    } catch (thrown) {
      return moltErrorFrom(thrown);
    }
  }

  return {
    registerOptions: async (by, place, name, address) => ({
      challenge: await challenges.create("register", place, { who: by.id, address }),
      rp: { id: place.rpId, name: "Moltworker" },
      user: { id: await userHandle(), name, displayName: name },
      pubKeyCredParams: ALGORITHMS.map((alg) => ({ alg, type: "public-key" })),
      timeout: CHALLENGE_MS,
      attestation: "none",
      excludeCredentials: all()
        .filter((row) => row.rp_id === place.rpId)
        .map((row) => ({ id: row.credential_id, type: "public-key" })),
      authenticatorSelection: { residentKey: "required", requireResidentKey: true, userVerification: "required" },
    }),
    register: async (by, place, answer, label) => {
      const challenge = challengeIn(answer.response.clientDataJSON);
      const kept = challenges.take(await digest(challenge), "register");
      if (kept?.who !== by.id) throw passkeyInvalid("challenge");
      if (kept.origin !== place.origin) throw passkeyInvalid("origin");
      const made = await verifiedRegistration(answer, kept, challenge);
      const known = db.one("SELECT id FROM auth_passkeys WHERE credential_id = ?", made.credentialId);
      if (known) throw passkeyInvalid("taken");
      if (all().length >= MAX_PASSKEYS)
        throw new MoltError("RATE_LIMITED", {
          message: `there are ${MAX_PASSKEYS} passkeys already`,
          hint: "Remove some first.",
        });
      const id = createId("pk", clock.now());
      db.run(
        `INSERT INTO auth_passkeys (id, credential_id, public_key, counter, rp_id, label, backed_up, created_at, created_by)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        id,
        made.credentialId,
        made.publicKey,
        made.counter,
        kept.rpId,
        label,
        made.backedUp ? 1 : 0,
        clock.now(),
        by.id,
      );
      return rowFrom(existing(id));
    },
    signInOptions: async (place, address) => ({
      challenge: await challenges.create("sign-in", place, { address }),
      rpId: place.rpId,
      timeout: CHALLENGE_MS,
      userVerification: "required",
      allowCredentials: [],
    }),
    prove: async (place, answer, from) => {
      const found = await judged(place, answer);
      attempts.judge(from, () => {
        if (!("row" in found)) return { refusal: found };
        if (!noteUse(found.row.id, found.counter, found.backedUp))
          return { refusal: passkeyInvalid(one("id", found.row.id) ? "counter" : "unknown") };
        return { unguessable: true };
      });
      return rowFrom((found as { row: Row }).row);
    },
    existsAt: (hostname) => db.one("SELECT id FROM auth_passkeys WHERE rp_id = ? AND revoked_at IS NULL", hostname) !== undefined,
    list: () => all().map(rowFrom),
    rename: (id, label) => {
      existing(id);
      db.run("UPDATE auth_passkeys SET label = ? WHERE id = ?", label, id);
      return rowFrom(existing(id));
    },
    remove: (id) => {
      const row = existing(id);
      db.transaction(() => {
        db.run("UPDATE auth_passkeys SET revoked_at = ? WHERE id = ?", clock.now(), id);
        endSessions(id);
      });
      return rowFrom(row);
    },
  };
}

function rowFrom(row: Row): PasskeyRow {
  return {
    id: row.id,
    label: row.label,
    host: row.rp_id,
    backedUp: row.backed_up === 1,
    createdAt: row.created_at,
    usedAt: row.used_at,
  };
}
