/** Blobs on an R2 binding, recognised as one; the `disk` service is covered by the whole server's tests. */

import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { systemClock } from "../platform/clock.ts";
import { blobsMigration, createBlobs } from "./blobs.ts";
import { createDatabase } from "./database.ts";
import { migrate } from "./migrations.ts";

const bindings = env as { TEST_OBJECT: DurableObjectNamespace; BLOBS: R2Bucket };

test("on R2: whole, streamed, replaced, deleted", () =>
  runInDurableObject(bindings.TEST_OBJECT.getByName("blobs-r2"), async (_, state) => {
    const db = createDatabase(state.storage);
    migrate(db, [blobsMigration], systemClock);
    const blobs = createBlobs(bindings.BLOBS, db, systemClock);
    const bytes = crypto.getRandomValues(new Uint8Array(65_000));
    await blobs.put("blob_1", bytes, "image/png");
    expect(new Uint8Array((await (await bindings.BLOBS.get("blob_1"))?.arrayBuffer()) as ArrayBuffer)).toEqual(bytes);
    expect(await blobs.bytes("blob_1")).toEqual(bytes);
    const streamed = await blobs.get("blob_1");
    expect(new Uint8Array(await new Response(streamed?.body).arrayBuffer())).toEqual(bytes);
    await blobs.put("blob_1", new Uint8Array([7]), "image/png");
    expect(await blobs.bytes("blob_1")).toEqual(new Uint8Array([7]));
    await blobs.delete("blob_1");
    expect([await bindings.BLOBS.get("blob_1"), await blobs.bytes("blob_1"), await blobs.get("blob_1")]).toEqual([
      null,
      undefined,
      undefined,
    ]);
  }));
