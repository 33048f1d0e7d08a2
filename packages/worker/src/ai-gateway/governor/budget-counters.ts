/**
 * What each budget has spent and holds, per part and window. Counting happens in memory and is exact; the row's `held` is
 * raised before a call may leave, ahead of need while calls come fast, so that few of them wait for the disk. A crash
 * therefore never undercounts: the next life takes `held` for spent.
 */

import type { Database } from "../../storage/database.ts";
import type { Window } from "./periods.ts";

export interface Counter {
  readonly budget: string;
  readonly part: string;
  readonly window: Window;
  /** Nanodollars, all of them. */
  spent: number;
  reserved: number;
  /** What the row says. */
  held: number;
  storedSpent: number;
  /** Reserved since the last flush, by how many calls, and how much to hold ahead. */
  recent: number;
  recentCalls: number;
  ahead: number;
  /** Nothing is held ahead beyond this. */
  limit: number;
}

export interface Orphan {
  budget: string;
  part: string;
  nano: number;
}

interface Row {
  spent: number;
  held: number;
}

/** Calls between two flushes from which on it is worth holding ahead. */
const crowd = 8;

export class BudgetCounters {
  private readonly db: Database;
  private readonly counters = new Map<string, Counter>();
  private readonly dirty = new Set<Counter>();

  constructor(db: Database) {
    this.db = db;
  }

  /** Settles what an earlier life held and never settled at its most; returns how much that was. Once, before anything else. */
  recover(): Orphan[] {
    const orphans = this.db.all<{ budget: string; part: string; nano: number }>(
      "SELECT budget, part, held - spent AS nano FROM gateway_spend WHERE held > spent",
    );
    if (orphans.length > 0) this.db.run("UPDATE gateway_spend SET spent = held WHERE held > spent");
    return orphans;
  }

  of(budget: string, part: string, window: Window): Counter {
    const key = keyOf(budget, part, window);
    const known = this.counters.get(key);
    if (known) return known;
    const row = this.db.one<Row>(
      "SELECT spent, held FROM gateway_spend WHERE budget = ? AND part = ? AND starts_at = ?",
      budget,
      part,
      window.startsAt,
    );
    const spent = row?.spent ?? 0;
    const counter = emptyCounter(budget, part, window, spent);
    this.counters.set(key, counter);
    return counter;
  }

  /** The same if it is in memory; else one that has nothing and holds nothing ahead. */
  readonly known = (budget: string, part: string, window: Window): Counter =>
    this.counters.get(keyOf(budget, part, window)) ?? emptyCounter(budget, part, window, 0);

  /** What the rows hold ahead covers `nano` more, so that no row need be written before a call leaves. */
  holdAhead(budgets: readonly { counter: Counter }[], nano: number): boolean {
    return budgets.every(({ counter: { spent, reserved, held } }) => held - spent - reserved >= nano && held > 0);
  }

  /** Holds `nano` more, in the row too before this returns; `atFront` with the next flush, for what `holdAhead` did not cover. */
  reserve(counter: Counter, nano: number, limit: number, atFront = false): void {
    counter.limit = limit;
    counter.reserved += nano;
    counter.recent += nano;
    counter.recentCalls += 1;
    this.dirty.add(counter);
    const needed = counter.spent + counter.reserved;
    if (needed > counter.held && !atFront) this.store(counter, withAhead(counter));
  }

  /** Ends a hold of `reservedNano` that cost `spentNano`. `atFront`: the row waits for the next flush. */
  settle(counter: Counter, reservedNano: number, spentNano: number, atFront = false): void {
    counter.reserved -= reservedNano;
    counter.spent += spentNano;
    this.dirty.add(counter);
    // Cost more than its worst case: the row must know at once.
    const needed = counter.spent + counter.reserved;
    if (needed > counter.held && !atFront) this.store(counter, needed);
  }

  /** Writes what changed. True when something is left that will change again by itself (a hold that shrinks). */
  flush(): boolean {
    for (const counter of this.dirty) {
      // Only for a crowd: what is held ahead is taken for spent when it crashes.
      counter.ahead = counter.recentCalls < crowd ? 0 : Math.max(counter.recent * 2, Math.floor(counter.ahead / 2));
      counter.recent = 0;
      counter.recentCalls = 0;
      const held = withAhead(counter);
      if (held !== counter.held || counter.spent !== counter.storedSpent) this.store(counter, held);
      if (counter.ahead === 0) this.dirty.delete(counter);
    }
    return this.dirty.size > 0;
  }

  /** Forgets windows that are over, here at once and in the rows after `keepMs`. */
  prune(now: number, keepMs: number): void {
    for (const [key, counter] of this.counters)
      if (counter.reserved === 0 && !this.dirty.has(counter) && counter.window.endsAt <= now) this.counters.delete(key);
    this.db.run("DELETE FROM gateway_spend WHERE ends_at IS NOT NULL AND ends_at < ?", now - keepMs);
  }

  /** Sets what was spent; holds stay. For a person who starts a budget afresh. */
  reset(counter: Counter): void {
    counter.spent = 0;
    this.store(counter, counter.reserved);
  }

  private store(counter: Counter, held: number): void {
    const { budget, part, window, spent } = counter;
    counter.held = held;
    counter.storedSpent = spent;
    this.db.run(
      `INSERT INTO gateway_spend (budget, part, starts_at, ends_at, spent, held) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (budget, part, starts_at) DO UPDATE SET spent = excluded.spent, held = excluded.held`,
      budget,
      part,
      window.startsAt,
      Number.isFinite(window.endsAt) ? window.endsAt : null,
      spent,
      held,
    );
  }
}

const keyOf = (budget: string, part: string, window: Window): string => `${budget}|${window.startsAt}|${part}`;

const emptyCounter = (budget: string, part: string, window: Window, spent: number): Counter => ({
  ...{ budget, part, window, spent, reserved: 0, held: spent, storedSpent: spent },
  ...{ recent: 0, recentCalls: 0, ahead: 0, limit: 0 },
});

function withAhead({ spent, reserved, ahead, limit }: Counter): number {
  const needed = spent + reserved;
  return Math.max(needed, Math.min(limit, needed + ahead));
}
