/** Snapshots as a part of the assistant: where they go, when they are made, and the routes for the host and for scripts. */

import { MoltError } from "@moltworker/protocol/errors";
import type { SeedVariable } from "@moltworker/protocol/variables";
import { closeFrontDesk } from "../ai-gateway/proxy/front-desk.ts";
import type { Settings } from "../catalog/sections.ts";
import type { Config } from "../config/config.ts";
import type { Hosted } from "../containers/moltbot/hosted.ts";
import { snapshotRoutes } from "../edge/snapshot-routes.ts";
import type { Env, Seeds } from "../env.ts";
import type { Clock } from "../platform/clock.ts";
import type { Egress } from "../platform/egress.ts";
import type { Log } from "../platform/log.ts";
import type { Hub } from "../rpc/hub.ts";
import type { Alarm } from "../schedule/alarm.ts";
import type { Secrets } from "../secrets/secrets.ts";
import { createDestination, s3KeyNames } from "../snapshots/destination.ts";
import { createSnapshotSettings, type SnapshotAdmin } from "../snapshots/snapshot-admin.ts";
import { createSnapshotMarks } from "../snapshots/snapshot-marks.ts";
import { createSnapshots, type Snapshots } from "../snapshots/snapshots.ts";
import type { Blobs } from "../storage/blobs.ts";
import type { Database } from "../storage/database.ts";
import type { Fence } from "../storage/fence.ts";
import type { Workspace } from "../storage/workspace.ts";
import type { Part } from "./part.ts";
import { type SnapshotScratch, scratchOf } from "./snapshot-scratch.ts";

export interface SnapshotPartDeps {
  ctx: DurableObjectState;
  env: Env;
  db: Database;
  fence: Fence;
  clock: Clock;
  log: Log;
  seeds: Seeds;
  config: Config<Settings>;
  secrets: Secrets;
  egress: Egress;
  blobs: Blobs;
  workspace: Workspace;
  hub: Hub;
  hosted: Pick<Hosted, "save">;
  /** The one alarm, which is made after its parts. */
  alarm(): Alarm;
}

const timer = "snapshots";
const busyTimer = "snapshots-busy";
const hourMs = 3_600_000;
/** While work goes on the object is woken at least this often. */
const busyMs = 20_000;

const secretSeeds: Record<keyof typeof s3KeyNames, SeedVariable> = {
  accessKeyId: "R2_ACCESS_KEY_ID",
  secretAccessKey: "R2_SECRET_ACCESS_KEY",
};

export function createSnapshotPart(deps: SnapshotPartDeps): Part & { snapshots: Snapshots & SnapshotAdmin } {
  const { ctx, env, db, clock, log, config, secrets, egress, hub } = deps;
  for (const [key, variable] of Object.entries(secretSeeds)) {
    const value = deps.seeds[variable];
    if (value) secrets.seed(s3KeyNames[key as keyof typeof s3KeyNames], value);
  }
  const name = ctx.id.name ?? "main";
  const settings = () => config.get("snapshots");
  const destination = createDestination({ settings, secrets, egress, own: ownPlace(env, name) });
  const marks = createSnapshotMarks(db);
  const dueAt = () => db.one<{ due_at: number }>("SELECT due_at FROM timers WHERE name = ?", timer)?.due_at;

  const core = createSnapshots({
    ...deps,
    destination,
    marks,
    settings,
    version: env.VERSION ?? "0.0.0",
    scratch: scratchOf(env.SCRATCH as DurableObjectNamespace<SnapshotScratch>, name),
    announce: (job) => hub.announce("snapshots.changed", { job, ts: clock.now() }),
    onActivity: (active) => (active ? deps.alarm().set(busyTimer, clock.now() + busyMs) : deps.alarm().clear(busyTimer)),
    gather: () =>
      deps.hosted.save("before a snapshot").catch((error: unknown) => log.warn("hosted.not-saved", { message: String(error) })),
    onRestored: () => {
      log.info("snapshot.restored");
      const over = new MoltError("UNAVAILABLE", { message: "a snapshot was restored, and the assistant begins anew" });
      deps.fence.shut(over);
      closeFrontDesk(ctx.id.toString());
      // Nobody is let in any more; once the rows are on the disk the object ends, and the next request begins it anew.
      void ctx.blockConcurrencyWhile(async () => {
        await ctx.storage.sync();
        ctx.abort(over.message);
      });
    },
    nextAt: () => (settings().everyHours > 0 ? dueAt() : undefined),
  });
  const snapshots = { ...core, ...createSnapshotSettings({ config, secrets, destination }) };

  /** The next by the schedule; a shorter schedule counts from now. */
  function schedule(): void {
    const { everyHours } = settings();
    if (everyHours === 0) return deps.alarm().clear(timer);
    deps.alarm().ensure(timer, clock.now() + everyHours * hourMs);
  }
  config.onChange((sections) => sections.includes("snapshots") && schedule());

  return {
    name: "snapshots",
    snapshots,
    routes: snapshotRoutes({ snapshots, clock }),
    timers: {
      [timer]: () => {
        if (settings().everyHours === 0) return;
        core.create("schedule");
        deps.alarm().set(timer, clock.now() + settings().everyHours * hourMs);
      },
      [busyTimer]: () => {
        if (core.isBusy()) deps.alarm().set(busyTimer, clock.now() + busyMs);
      },
    },
    wake() {
      core.recover();
      schedule();
    },
  };
}

/** The first assistant's snapshots lie at the root, so that a folder can be handed to another machine as it is. */
export function ownPlace(env: Env, name: string) {
  const folder = name === "main" ? "" : `assistants/${name.replaceAll(/[^A-Za-z0-9_-]/g, "_")}/`;
  if (env.SNAPSHOTS) return { binding: env.SNAPSHOTS, prefix: folder };
  return { binding: env.BLOBS, prefix: `snapshots/${folder}` };
}
