/**
 * What each table is to a snapshot. A table that nobody names here is `truth`: whoever adds one gets it saved and restored
 * without asking, and names it here only when going back in time would be wrong for it.
 */

export type TablePolicy =
  /** Saved; a restore brings it back. */
  | "truth"
  /** Saved; brought back only into an empty assistant. What was done, spent, granted or revoked is not undone by a restore. */
  | "record"
  /** Like `record`, and saved only in encrypted snapshots. */
  | "secret"
  /** Belongs to this object alone and is never saved. */
  | "local";

const policies: readonly (readonly [pattern: RegExp, policy: TablePolicy])[] = [
  [/^(sqlite|_cf|cut|staged)_/, "local"],
  // Positions of live clients, timers that every part sets again at waking, and the snapshots' own books.
  [/^(events|timers|schema_migrations)$/, "local"],
  [/^snapshot_/, "local"],
  [/^secrets$/, "secret"],
  [/^auth_/, "record"],
  [/^(audit|model_calls|quarantine)$/, "record"],
  // Claims and spending: a second run of what was done must stay impossible.
  [/(^|_)(budget|budgets|spend|ledger|slots|claims|receipts)$/, "record"],
];

export function policyOf(table: string): TablePolicy {
  return policies.find(([pattern]) => pattern.test(table))?.[1] ?? "truth";
}
