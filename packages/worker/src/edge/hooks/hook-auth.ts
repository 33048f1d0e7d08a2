/**
 * Who may use a hook: the hook token, a secret of its own that opens nothing else, or a mapping's signature. Failures count by
 * address, 20 in a minute; a secret that nobody can guess passes even then, so that a stranger cannot stop the real sender.
 */

import { MoltError } from "@moltworker/protocol/errors";
import type { Audit } from "../../auth/audit.ts";
import { digest, sameDigest } from "../../auth/digest.ts";
import type { Clock } from "../../platform/clock.ts";
import { type SignatureForm, verifySignature } from "../../platform/webhook-signature.ts";
import { kindOfSecret } from "../../secrets/secret-shape.ts";
import type { Secrets } from "../../secrets/secrets.ts";
import type { Database } from "../../storage/database.ts";

const FAILURES_PER_WINDOW = 20;
const WINDOW_MS = 60_000;
/** A typed secret of this length is no word out of a list. */
const LONG_SECRET = 24;

export const hookTokenName = "hooks.token";
export const hookSecretName = (name: string): string => `hooks.${name}.secret`;

export interface HookAuthDeps {
  secrets: Secrets;
  db: Database;
  clock: Clock;
  audit: Audit;
}

export interface HookAuth {
  /** Throws HOOK_TOKEN_INVALID, RATE_LIMITED. */
  byToken(request: Request, hook: string, address: string): Promise<void>;
  /** What names this delivery. Throws SIGNATURE_*, RATE_LIMITED. */
  bySignature(request: Request, proof: { hook: string; address: string; form: SignatureForm; body: Uint8Array }): Promise<string>;
}

export function createHookAuth({ secrets, db, clock, audit }: HookAuthDeps): HookAuth {
  const limited = (address: string): number => {
    const row = db.one<{ failures: number; began_at: number }>("SELECT * FROM hook_failures WHERE address = ?", address);
    if (!row || row.failures < FAILURES_PER_WINDOW) return 0;
    return Math.max(0, row.began_at + WINDOW_MS - clock.now());
  };

  function failed(error: MoltError, hook: string, address: string): MoltError {
    const waitMs = limited(address);
    if (waitMs > 0) return tooMany(waitMs);
    const now = clock.now();
    db.transaction(() => {
      db.run("DELETE FROM hook_failures WHERE began_at <= ?", now - WINDOW_MS);
      db.run(
        "INSERT INTO hook_failures (address, failures, began_at) VALUES (?, 1, ?) ON CONFLICT (address) DO UPDATE SET failures = failures + 1",
        address,
        now,
      );
      audit.record({ who: "nobody", surface: "http", action: "hook", outcome: error.code, address, detail: hook });
    });
    return error;
  }

  /** Before a guessable secret is even compared. */
  function checkGuesses(name: string, address: string): void {
    const guessable = secrets.source(name) !== "made" && (secrets.get(name)?.length ?? 0) < LONG_SECRET;
    const waitMs = guessable ? limited(address) : 0;
    if (waitMs > 0) throw tooMany(waitMs);
  }

  return {
    async byToken(request, hook, address) {
      checkGuesses(hookTokenName, address);
      const token = secrets.get(hookTokenName);
      const presented = tokenIn(request);
      const [given, expected] = await Promise.all([digest(presented), digest(token ?? "")]);
      if (token !== undefined && presented !== "" && sameDigest(given, expected)) return;
      throw failed(tokenInvalid(presented), hook, address);
    },
    async bySignature(request, { hook, address, form, body }) {
      const name = hookSecretName(hook);
      checkGuesses(name, address);
      try {
        const { headers } = request;
        return await verifySignature({ form, secret: secrets.get(name) ?? "", headers, body, nowMs: clock.now() });
      } catch (thrown) {
        throw failed(thrown as MoltError, hook, address);
      }
    },
  };
}

/** In a header alone: addresses are written into logs. */
function tokenIn(request: Request): string {
  const bearer = /^Bearer\s+(.+)$/is.exec(request.headers.get("authorization") ?? "")?.[1];
  return (bearer ?? request.headers.get("x-openclaw-token") ?? "").trim();
}

function tokenInvalid(presented: string): MoltError {
  const kind = presented === "" ? undefined : kindOfSecret(presented);
  return new MoltError("HOOK_TOKEN_INVALID", {
    ...(presented === "" ? { message: "no hook token was sent" } : {}),
    ...(kind ? { hint: `That looks like ${kind}; hooks have a token of their own.` } : {}),
  });
}

const tooMany = (retryAfterMs: number) =>
  new MoltError("RATE_LIMITED", {
    message: "too many webhooks from this address were refused",
    hint: "Wait for the time given; then send the right token or signature.",
    retryAfterMs,
  });
