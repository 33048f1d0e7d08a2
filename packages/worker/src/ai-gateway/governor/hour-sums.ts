/** Sums by hour and by what people ask about, kept as calls end, so that a chart reads a few rows and never counts calls. */

import type { UsageKind } from "@moltworker/protocol/gateway";
import type { Database } from "../../storage/database.ts";
import type { CallRecord } from "./call-record.ts";
import { countInto, emptyHistogram, type Histogram, mergeInto } from "./histogram.ts";

export interface Sums {
  calls: number;
  /** Calls that ended with an error, refusals included. */
  errors: number;
  hits: number;
  /** Exchanges with providers. */
  attempts: number;
  /** Calls whose price is unknown. */
  unpriced: number;
  estimated: number;
  input: number;
  output: number;
  cacheRead: number;
  cacheWrite: number;
  reasoning: number;
  /** Nanodollars. */
  cost: number;
  waits: Histogram;
  first: Histogram;
}

export interface SumRow extends Sums {
  hour: number;
  key: string;
}

const hourMs = 3_600_000;
const numbers = ["calls", "errors", "hits", "attempts", "unpriced", "estimated", "input", "output"] as const;
const columns =
  "calls, errors, hits, attempts, unpriced, estimated, input, output, cache_read AS cacheRead, cache_write AS cacheWrite, reasoning, cost, waits, first";

export const emptySums = (): Sums => ({
  calls: 0,
  errors: 0,
  hits: 0,
  attempts: 0,
  unpriced: 0,
  estimated: 0,
  input: 0,
  output: 0,
  cacheRead: 0,
  cacheWrite: 0,
  reasoning: 0,
  cost: 0,
  waits: emptyHistogram(),
  first: emptyHistogram(),
});

interface Waiting {
  hour: number;
  kind: UsageKind;
  key: string;
  sums: Sums;
}

export class HourSums {
  private readonly db: Database;
  private readonly waiting = new Map<string, Waiting>();

  constructor(db: Database) {
    this.db = db;
  }

  add(record: CallRecord): void {
    const hour = Math.floor(record.call.askedAt / hourMs) * hourMs;
    for (const [kind, key] of keysOf(record)) {
      const id = `${kind}|${hour}|${key}`;
      let entry = this.waiting.get(id);
      if (!entry) this.waiting.set(id, (entry = { hour, kind, key, sums: emptySums() }));
      count(entry.sums, record);
    }
  }

  /** Adds what waits to the rows. */
  flush(): void {
    for (const { hour, kind, key, sums } of this.waiting.values()) {
      const row = this.db.one<Record<string, string>>(
        "SELECT waits, first FROM gateway_hours WHERE kind = ? AND key = ? AND hour = ?",
        kind,
        key,
        hour,
      );
      if (row) {
        mergeInto(sums.waits, JSON.parse(row.waits as string));
        mergeInto(sums.first, JSON.parse(row.first as string));
      }
      this.db.run(
        `INSERT INTO gateway_hours (hour, kind, key, calls, errors, hits, attempts, unpriced, estimated, input, output, cache_read, cache_write,
           reasoning, cost, waits, first) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (kind, key, hour) DO UPDATE SET calls = calls + excluded.calls, errors = errors + excluded.errors,
           hits = hits + excluded.hits, attempts = attempts + excluded.attempts, unpriced = unpriced + excluded.unpriced,
           estimated = estimated + excluded.estimated, input = input + excluded.input, output = output + excluded.output,
           cache_read = cache_read + excluded.cache_read, cache_write = cache_write + excluded.cache_write,
           reasoning = reasoning + excluded.reasoning, cost = cost + excluded.cost, waits = excluded.waits, first = excluded.first`,
        hour,
        kind,
        key,
        ...numbers.map((name) => sums[name]),
        sums.cacheRead,
        sums.cacheWrite,
        sums.reasoning,
        sums.cost,
        JSON.stringify(sums.waits),
        JSON.stringify(sums.first),
      );
    }
    this.waiting.clear();
  }

  /** Rows of one kind from `since` (epoch milliseconds) on, by hour. */
  rows(kind: UsageKind, since: number, until: number, key?: string): SumRow[] {
    return this.db
      .all<Omit<SumRow, "waits" | "first"> & { waits: string; first: string }>(
        `SELECT hour, key, ${columns} FROM gateway_hours WHERE kind = ? AND hour >= ? AND hour < ? AND (? IS NULL OR key = ?) ORDER BY hour`,
        kind,
        Math.floor(since / hourMs) * hourMs,
        until,
        key ?? null,
        key ?? null,
      )
      .map((row) => ({ ...row, waits: JSON.parse(row.waits) as Histogram, first: JSON.parse(row.first) as Histogram }));
  }

  prune(before: number): void {
    this.db.run("DELETE FROM gateway_hours WHERE hour < ?", before);
  }
}

export function addSums(into: Sums, more: Sums): void {
  for (const name of [...numbers, "cacheRead", "cacheWrite", "reasoning", "cost"] as const) into[name] += more[name];
  mergeInto(into.waits, more.waits);
  mergeInto(into.first, more.first);
}

function count(sums: Sums, record: CallRecord): void {
  const { usage } = record;
  sums.calls += 1;
  sums.errors += Number(record.error !== null);
  sums.hits += Number(record.cache === "HIT");
  sums.attempts += record.attempts.length;
  sums.unpriced += Number(record.cost === null);
  sums.estimated += Number(record.estimated);
  sums.input += usage.input;
  sums.output += usage.output;
  sums.cacheRead += usage.cacheRead;
  sums.cacheWrite += usage.cacheWrite;
  sums.reasoning += usage.reasoning;
  sums.cost += record.cost ?? 0;
  // A refusal took no time, and would make the others look fast.
  if (record.attempts.length > 0 || record.cache === "HIT") countInto(sums.waits, record.durationMs);
  if (record.firstByteMs !== null) countInto(sums.first, record.firstByteMs);
}

function keysOf({ call, provider, model }: CallRecord): [UsageKind, string][] {
  const { caller } = call;
  const keys: [UsageKind, string | null][] = [
    ["all", ""],
    ["provider", provider],
    ["model", `${provider}/${model}`],
    ["session", caller.sessionKey],
    ["channel", caller.channel],
    ["token", caller.tokenId],
    ["tenant", caller.tenant],
    ["schedule", caller.schedule],
  ];
  return keys.filter((entry): entry is [UsageKind, string] => entry[1] !== null);
}
