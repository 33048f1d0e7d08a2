/**
 * The snapshot before an upgrade, made while the tables are still those of the older version: nothing here may rest on a table
 * that came later. Proving it restores it into the scratch and migrates that copy, which is the upgrade's rehearsal.
 */

import { snapshotsSection } from "../config/sections/snapshots.ts";
import { parseStored, readStored } from "../config/stored.ts";
import type { Env } from "../env.ts";
import { systemClock } from "../platform/clock.ts";
import { createEgress } from "../platform/egress.ts";
import { createId } from "../platform/id.ts";
import type { Log } from "../platform/log.ts";
import { createSecrets } from "../secrets/secrets.ts";
import { createDestination, type SnapshotSettings } from "../snapshots/destination.ts";
import { readManifest, writeVerdict } from "../snapshots/manifest.ts";
import { withRetries } from "../snapshots/store.ts";
import { verifySnapshot } from "../snapshots/verify-snapshot.ts";
import { writeSnapshot } from "../snapshots/write-snapshot.ts";
import { createBlobs } from "../storage/blobs.ts";
import type { Database } from "../storage/database.ts";
import { type SnapshotScratch, scratchOf } from "./snapshot-scratch.ts";
import { ownPlace } from "./snapshots.ts";

/** Its id. Throws MIGRATION_FAILED when the rehearsal failed, SNAPSHOT_STORE… when the snapshot could not be kept. */
export async function snapshotBeforeUpgrade(
  ctx: DurableObjectState,
  env: Env,
  db: Database,
  log: Log,
  signal: AbortSignal,
): Promise<string> {
  const clock = systemClock;
  const name = ctx.id.name ?? "main";
  const egress = createEgress({
    publicFetch: (url, init) => fetch(url, init),
    ...(env.NAMED_NETWORK ? { namedFetch: env.NAMED_NETWORK.fetch.bind(env.NAMED_NETWORK) as typeof fetch } : {}),
    log,
  });
  const destination = createDestination({
    settings: () => storedSettings(db),
    secrets: createSecrets(db, clock),
    egress,
    own: ownPlace(env, name),
  });
  const store = withRetries(destination.store(signal), clock, signal);
  const createdAt = clock.now();
  const id = createId("snap", createdAt);
  const version = env.VERSION ?? "0.0.0";
  const source = { db, blobs: createBlobs(env.BLOBS, db, clock) };
  const facts = { id, createdAt, reason: "upgrade" as const, version };
  await writeSnapshot(source, { store, seal: destination.seal() }, facts, () => {}, signal);
  const manifest = await readManifest(store, id, destination.sealFor);
  const scratch = scratchOf(env.SCRATCH as DurableObjectNamespace<SnapshotScratch>, name);
  try {
    await verifySnapshot(manifest, { store, seal: destination.seal() }, scratch, () => {}, signal);
  } finally {
    await scratch.clear();
  }
  await writeVerdict(store, { id, verified: true, at: clock.now(), sha256: manifest.sha256 });
  return id;
}

function storedSettings(db: Database): SnapshotSettings {
  const row = db.one<{ value: string }>("SELECT value FROM config WHERE section = ?", snapshotsSection.name);
  return readStored(snapshotsSection, parseStored(row?.value)).value as SnapshotSettings;
}
