/**
 * Snapshots over HTTP: for the command on the same machine (proved by the host key), for a person's download, and for scripts
 * that know moltworker's addresses. A download is a tar file of the very files that lie in the store.
 */

import { isMoltError, MoltError } from "@moltworker/protocol/errors";
import * as z from "zod";
import type { Clock } from "../platform/clock.ts";
import type { SnapshotAdmin } from "../snapshots/snapshot-admin.ts";
import { snapshotItems } from "../snapshots/snapshot-items.ts";
import type { Snapshots } from "../snapshots/snapshots.ts";
import { json } from "./answers.ts";
import { readJson } from "./body.ts";
import type { RouteGroup } from "./route-group.ts";

const id = z.string().min(1).max(60);
const passphrase = z.string().max(1_000).optional();
const restoreBody = z.strictObject({ id, items: snapshotItems.optional(), everything: z.boolean().optional(), passphrase });
const bucketBody = z.strictObject({
  endpoint: z.string().max(300),
  bucket: z.string().max(100),
  region: z.string().max(60).optional(),
  prefix: z.string().max(200).optional(),
  accessKeyId: z.string().max(500),
  secretAccessKey: z.string().max(500),
});

/** A little below the time that the command waits for one answer. */
const waitMs = 20_000;

export function snapshotRoutes({ snapshots, clock }: { snapshots: Snapshots & SnapshotAdmin; clock: Clock }): RouteGroup {
  const unlocked = async (body: { id: string; passphrase?: string | undefined }) => {
    if (body.passphrase) await snapshots.unlock(body.id, body.passphrase);
    return body.id;
  };
  return (app, allowed) => {
    const forHost = <Body>(name: string, schema: z.ZodType<Body>, handle: (body: Body) => unknown) =>
      app.post(`/api/host/snapshots/${name}`, async (context) => {
        await allowed(context, "api.host.snapshots");
        return json(await handle(await readJson(context.req.raw, schema)));
      });
    app.get("/api/host/snapshots", async (context) => {
      await allowed(context, "api.host.snapshots");
      return json(await snapshots.state());
    });
    forHost("create", z.strictObject({}), () => ({ jobId: snapshots.create("button") }));
    forHost("undo", z.strictObject({}), () => ({ jobId: snapshots.undo() }));
    forHost("verify", z.strictObject({ id, passphrase }), async (body) => ({ jobId: snapshots.verify(await unlocked(body)) }));
    forHost("restore", restoreBody, async (body) => ({
      jobId: snapshots.restore(await unlocked(body), body.items, body.everything),
    }));
    // The command asks again until the job has ended: no connection has to last as long as the work.
    // A GET, so that it may be asked again by whoever passes it on: a restore ends the object that was asked.
    app.get("/api/host/snapshots/jobs/:id", async (context) => {
      await allowed(context, "api.host.snapshots");
      const jobId = context.req.param("id");
      return json({ job: (await Promise.race([snapshots.settled(jobId), clock.sleep(waitMs)])) ?? snapshots.job(jobId) });
    });
    forHost("diff", z.strictObject({ from: id, to: id.optional() }), ({ from, to }) => snapshots.diff(from, to));
    forHost("contents", z.strictObject({ id, passphrase }), async (body) => snapshots.contents(await unlocked(body)));
    forHost("destination", bucketBody, async ({ region, prefix, ...s3 }) => ({
      place: await snapshots.setDestination(
        { ...s3, ...(region ? { region } : {}), ...(prefix !== undefined ? { prefix } : {}) },
        "host",
      ),
    }));
    app.get("/api/snapshots/:id", async (context) => {
      await allowed(context, "api.snapshots.read");
      const name = context.req.param("id").replace(/\.tar$/, "");
      return new Response(await snapshots.download(name), {
        headers: {
          "content-type": "application/x-tar",
          "content-disposition": `attachment; filename="moltworker-${name}.tar"`,
          "cache-control": "no-store",
        },
      });
    });
    app.get("/api/admin/storage", async (context) => {
      await allowed(context, "api.snapshots.read");
      return json(await storageState(snapshots));
    });
    app.post("/api/admin/storage/sync", async (context) => {
      await allowed(context, "api.snapshots.write");
      const job = await snapshots.settled(snapshots.create("button"));
      if (job.state !== "done")
        throw new MoltError("SNAPSHOT_STORE", { message: `the snapshot was not made: ${job.outcome}`, retryable: true });
      const good = await snapshots.lastGood();
      return json({ success: true, message: job.outcome, lastSync: good ? new Date(good.createdAt).toISOString() : null });
    });
  };
}

/** moltworker's shape: `lastSync` is the last snapshot that was proved by restoring it. */
async function storageState(snapshots: Snapshots) {
  try {
    const good = await snapshots.lastGood();
    return {
      configured: true,
      missing: [],
      lastSync: good ? new Date(good.createdAt).toISOString() : null,
      message: good
        ? "Every change is stored before it is answered. The last snapshot was restored into a scratch object and proved."
        : "Every change is stored before it is answered. No snapshot has been proved yet.",
    };
  } catch (error) {
    if (!isMoltError(error)) throw error;
    return { configured: false, missing: [], lastSync: null, message: `${error.message}. ${error.hint}` };
  }
}
