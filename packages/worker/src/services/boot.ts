/**
 * From an empty object to a working one. Before the first migration of an upgrade a snapshot is made and the migration is
 * rehearsed on its copy; then all migrations and the start of the services are one commit, so a failure of either leaves the
 * data as it was. Whatever happens, the object answers: with its services, or with why it has none and what cures it.
 */

import { isMoltError, MoltError, moltErrorFrom } from "@moltworker/protocol/errors";
import type { Clock } from "../platform/clock.ts";
import { withDeadline } from "../platform/deadline.ts";
import type { Log } from "../platform/log.ts";
import type { Database } from "../storage/database.ts";
import { type Migration, migrate, missingMigrations } from "../storage/migrations.ts";

export interface BootDeps<Services> {
  db: Database;
  migrations: readonly Migration[];
  clock: Clock;
  log: Log;
  /** Builds everything on the present schema. */
  create(): Services;
  /** Takes up what an earlier life left; called once, after the commit. */
  wake(services: Services): void;
  /** A snapshot of the data as it is before the upgrade. Its id; throws when there is none. */
  snapshotBefore(signal: AbortSignal): Promise<string>;
}

export interface Boot<Services> {
  /** At once when there is nothing to upgrade. Throws UPGRADING, or why there are no services. */
  services(): Promise<Services>;
  /** The same without waiting; undefined while there are none. */
  now(): Services | undefined;
}

/** An upgrade waits no longer than this for its snapshot; all migrations are one commit anyway. */
const snapshotMs = 300_000;
/** Whoever asks meanwhile is told after this. */
const patienceMs = 20_000;
/** A start that failed is tried again when somebody asks after this. */
const againMs = 30_000;

export function bootServices<Services>(deps: BootDeps<Services>): Boot<Services> {
  const { db, migrations, clock, log } = deps;
  let services: Services | undefined;
  let failure: MoltError | undefined;
  let failedAt = 0;
  let upgrade: Promise<void> | undefined;

  function start(): void {
    try {
      const missing = missingMigrations(db, migrations);
      const isUpgrade = missing.length > 0 && missing.length < migrations.length;
      if (isUpgrade && upgrade === undefined) {
        upgrade = upgradeAfterSnapshot(missing);
        return;
      }
      services = isUpgrade ? db.transaction(build) : build();
      failure = undefined;
      deps.wake(services);
    } catch (thrown) {
      services = undefined;
      failure = failureOf(thrown);
      failedAt = clock.now();
      log.error("boot.failed", { code: failure.code, message: failure.message, error: failure.cause ?? thrown });
    }
  }

  function build(): Services {
    try {
      migrate(db, migrations, clock);
    } catch (thrown) {
      if (isMoltError(thrown)) throw thrown;
      throw new MoltError("MIGRATION_FAILED", {
        message: `the upgrade of the data failed and was taken back: ${words(thrown)}`,
        cause: thrown,
      });
    }
    return deps.create();
  }

  async function upgradeAfterSnapshot(missing: readonly string[]): Promise<void> {
    log.info("upgrade.begins", { migrations: missing });
    try {
      log.info("upgrade.snapshot", { snapshot: await withDeadline(snapshotMs, (signal) => deps.snapshotBefore(signal)) });
    } catch (thrown) {
      const error = moltErrorFrom(thrown);
      // The rehearsal on the copy found what would happen to the data itself.
      if (error.code === "MIGRATION_FAILED") {
        failure = error;
        failedAt = clock.now();
        log.error("boot.failed", { code: error.code, message: error.message });
        return;
      }
      // A bucket that is down must not keep the assistant down: the commit is all or nothing without it.
      log.warn("upgrade.without_snapshot", { code: error.code, message: error.message });
    }
    start();
    if (services) log.info("upgrade.done", { migrations: missing });
  }

  start();
  return {
    now: () => services,
    async services() {
      if (services) return services;
      if (failure && clock.now() - failedAt > againMs) start();
      if (upgrade && !services && !failure) {
        await Promise.race([upgrade, clock.sleep(patienceMs)]);
        if (!services && !failure) throw new MoltError("UPGRADING", { retryAfterMs: 2_000 });
      }
      if (services) return services;
      throw failure ?? new MoltError("UNAVAILABLE");
    },
  };
}

function failureOf(thrown: unknown): MoltError {
  if (isMoltError(thrown)) return thrown;
  return new MoltError("START_FAILED", { message: `the assistant could not start: ${words(thrown)}`, cause: thrown });
}

const words = (thrown: unknown) =>
  (thrown instanceof Error ? thrown.message : String(thrown)).split("\n")[0]?.slice(0, 300) ?? "";
