/**
 * Limits on failed attempts, per address and over all, kept in the database so that neither hibernation nor a restart
 * forgives them. An attempt is judged here before anything is known about its credential.
 *
 * A remote address that fails 10 times in a minute is locked for five minutes, whatever it presents. Loopback is shared
 * by every program of the machine and by a tunnel's whole traffic, so it only gets a growing pause of at most 5 s; and
 * when many addresses fail together, those that never signed in wait for the minute's end. In these two cases a right
 * credential that nobody can guess (made here, 128 bits or more) still passes: no one can lock the owner out.
 */

import { MoltError } from "@moltworker/protocol/errors";
import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/log.ts";
import type { Database } from "../storage/database.ts";
import { isLoopback } from "./address.ts";
import type { Audit } from "./audit.ts";

const FAILURES_PER_WINDOW = 10;
const WINDOW_MS = 60_000;
const LOCKOUT_MS = 300_000;
const LOOPBACK_FIRST_PAUSE_MS = 250;
const LOOPBACK_LONGEST_PAUSE_MS = 5_000;
/** Failures of all remote addresses together; above it, addresses that have not signed in within 30 days must wait. */
const GLOBAL_FAILURES_PER_WINDOW = 200;

const KNOWN_ADDRESS_MS = 30 * 86_400_000;
const SUCCESS_WRITE_MS = 86_400_000;
const ALL = "*";

export interface Verdict {
  /** Undefined when the credential is right. */
  refusal?: MoltError;
  /** The credential is right and could not have been guessed. */
  unguessable?: boolean;
}

/** Where an attempt comes from. */
export interface Origin {
  address: string;
  surface: "socket" | "http";
}

export interface Attempts {
  /** Judges one attempt in one turn of the event loop, so that parallel attempts cannot slip past. Throws AUTH_RATE_LIMITED or the verdict's refusal. */
  judge(from: Origin, verdict: () => Verdict): void;
}

interface Row {
  failures: number;
  window_started_at: number;
  failed_at: number;
  paused_until: number;
  succeeded_at: number;
}

const fresh: Row = { failures: 0, window_started_at: 0, failed_at: 0, paused_until: 0, succeeded_at: 0 };

export function createAttempts(db: Database, clock: Clock, log: Log, audit: Audit): Attempts {
  const read = (address: string): Row =>
    db.one<Row>(
      "SELECT failures, window_started_at, failed_at, paused_until, succeeded_at FROM auth_attempts WHERE address = ?",
      address,
    ) ?? fresh;

  function write(address: string, row: Row): void {
    db.run(
      "INSERT OR REPLACE INTO auth_attempts (address, failures, window_started_at, failed_at, paused_until, succeeded_at) VALUES (?, ?, ?, ?, ?, ?)",
      address,
      row.failures,
      row.window_started_at,
      row.failed_at,
      row.paused_until,
      row.succeeded_at,
    );
  }

  /** How long this address must wait for its own failures, and a stranger for everybody's. */
  function pausesMs(address: string, row: Row, now: number): { own: number; crowd: number } {
    const own = Math.max(0, row.paused_until - now);
    if (isLoopback(address) || row.succeeded_at > now - KNOWN_ADDRESS_MS) return { own, crowd: 0 };
    const all = read(ALL);
    const crowded = all.window_started_at > now - WINDOW_MS && all.failures >= GLOBAL_FAILURES_PER_WINDOW;
    return { own, crowd: crowded ? all.window_started_at + WINDOW_MS - now : 0 };
  }

  function fail({ address, surface }: Origin, now: number, refusal: MoltError): void {
    const known = read(address);
    // Loopback's pauses are shorter than the window, so there only a quiet minute starts anew.
    const row = counted(known, isLoopback(address) ? known.failed_at : known.window_started_at, now);
    if (isLoopback(address)) row.paused_until = now + loopbackPauseMs(row.failures);
    else if (row.failures >= FAILURES_PER_WINDOW) row.paused_until = now + LOCKOUT_MS;
    log.warn("auth.refused", {
      code: refusal.code,
      address,
      failures: row.failures,
      pausedMs: Math.max(0, row.paused_until - now),
    });
    const detail =
      row.paused_until > now ? `${row.failures} failures, paused ${row.paused_until - now} ms` : `${row.failures} failures`;
    db.transaction(() => {
      audit.record({ who: "nobody", surface, action: "credential", outcome: refusal.code, address, detail });
      write(address, row);
      const all = read(ALL);
      if (!isLoopback(address)) write(ALL, counted(all, all.window_started_at, now));
      db.run(
        "DELETE FROM auth_attempts WHERE failed_at < ? AND paused_until < ? AND succeeded_at < ?",
        now - LOCKOUT_MS,
        now,
        now - KNOWN_ADDRESS_MS,
      );
    });
  }

  return {
    judge: (from, verdict) => {
      const { address } = from;
      const now = clock.now();
      const row = read(address);
      const { own, crowd } = pausesMs(address, row, now);
      if (own > 0 && !isLoopback(address)) throw limited(own);
      const { refusal, unguessable } = verdict();
      if (own + crowd > 0 && !unguessable) throw limited(Math.max(own, crowd));
      if (refusal) {
        fail(from, now, refusal);
        throw refusal;
      }
      // On loopback the owner's own programs must not wipe out what another program's guesses have earned.
      if (isLoopback(address) && unguessable) return;
      if (row.failures > 0 || row.succeeded_at < now - SUCCESS_WRITE_MS) write(address, { ...fresh, succeeded_at: now });
    },
  };
}

function counted(row: Row, since: number, now: number): Row {
  return since > now - WINDOW_MS
    ? { ...row, failures: row.failures + 1, failed_at: now }
    : { ...row, failures: 1, window_started_at: now, failed_at: now };
}

function loopbackPauseMs(failures: number): number {
  if (failures < FAILURES_PER_WINDOW) return 0;
  return Math.min(LOOPBACK_LONGEST_PAUSE_MS, LOOPBACK_FIRST_PAUSE_MS * 2 ** Math.min(20, failures - FAILURES_PER_WINDOW));
}

function limited(retryAfterMs: number): MoltError {
  return new MoltError("AUTH_RATE_LIMITED", {
    message: "unauthorized: too many failed authentication attempts (retry later)",
    hint: `Wait ${Math.ceil(retryAfterMs / 1_000)} s, then sign in once with the right credential.`,
    details: { canRetryWithDeviceToken: false, recommendedNextStep: "wait_then_retry" },
    retryAfterMs,
  });
}
