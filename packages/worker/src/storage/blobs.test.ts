import { beforeEach, describe, expect, test } from "vitest";
import { createTestDatabase } from "../../../../tests/support/database.ts";
import { createTestClock } from "../../../../tests/support/identity.ts";
import { type Blobs, blobsMigration, createBlobs, MAX_BLOB_BYTES } from "./blobs.ts";
import type { Database } from "./database.ts";
import { migrate } from "./migrations.ts";

let db: Database;
let blobs: Blobs;
/** What was asked of the disk, in order, with whether the row was there at that moment. */
let asked: string[];
let broken: number | undefined;
beforeEach(() => {
  db = createTestDatabase();
  const clock = createTestClock();
  migrate(db, [blobsMigration], clock);
  asked = [];
  broken = undefined;
  const stored = new Map<string, Uint8Array>();
  const disk = {
    fetch: async (url: string, init: RequestInit = {}) => {
      const { pathname } = new URL(url);
      asked.push(`${init.method ?? "GET"} ${pathname} ${db.all("SELECT id FROM blobs").length > 0 ? "with" : "without"} row`);
      if (broken) return new Response("no space left on /var/owner", { status: broken });
      if (init.method === "PUT") stored.set(pathname, new Uint8Array(init.body as Uint8Array));
      if (init.method === "DELETE") return new Response(null, { status: stored.delete(pathname) ? 204 : 404 });
      const bytes = stored.get(pathname);
      return bytes ? new Response(bytes) : new Response(null, { status: 404 });
    },
  };
  blobs = createBlobs(disk as unknown as Fetcher, db, clock);
});

const bytes = new TextEncoder().encode("hello");

describe("blobs on disk", () => {
  test("bytes before the row, the row gone before the bytes", async () => {
    await blobs.put("blob_1", bytes, "text/plain; charset=utf-8");
    await blobs.delete("blob_1");
    expect(asked).toEqual(["PUT /blob_1 without row", "DELETE /blob_1 without row"]);
  });

  test("come back whole, with what is known of them", async () => {
    await blobs.put("blob_1", bytes, "Text/Plain; charset=utf-8");
    expect(blobs.info("blob_1")).toEqual({
      sizeBytes: 5,
      mimeType: "text/plain",
      sha256: "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
      createdAt: expect.any(Number),
    });
    expect(await blobs.bytes("blob_1")).toEqual(bytes);
    expect(await new Response((await blobs.get("blob_1"))?.body).text()).toBe("hello");
    await blobs.put("blob_1", new Uint8Array([1]), "x");
    expect([await blobs.bytes("blob_1"), blobs.info("blob_1")?.mimeType]).toEqual([
      new Uint8Array([1]),
      "application/octet-stream",
    ]);
  });

  test("nothing is there for an unknown or a deleted id, and no disk is asked", async () => {
    await blobs.put("blob_1", bytes, "text/plain");
    await blobs.delete("blob_1");
    asked = [];
    for (const id of ["blob_1", "blob_2", "../x"])
      expect([await blobs.get(id), await blobs.bytes(id), blobs.info(id)]).toEqual([undefined, undefined, undefined]);
    await blobs.delete("blob_1");
    expect(asked).toEqual([]);
  });

  test.each(["", "../up", "a/b", "a.b", ".", "%2e", "ä", "a b", `x${"y".repeat(80)}`])("%j is no id", async (id) => {
    await expect(blobs.put(id, bytes, "text/plain")).rejects.toThrow(expect.objectContaining({ code: "INVALID_REQUEST" }));
    expect(asked).toEqual([]);
  });

  test("a failed write leaves no row and does not repeat the disk's words", async () => {
    broken = 500;
    await expect(blobs.put("blob_1", bytes, "text/plain")).rejects.toThrow(
      expect.objectContaining({ code: "INTERNAL", message: expect.not.stringContaining("/var") }),
    );
    expect(blobs.info("blob_1")).toBeUndefined();
  });

  test("more than the limit is refused before anything is written", async () => {
    await expect(blobs.put("blob_1", new Uint8Array(MAX_BLOB_BYTES + 1), "x")).rejects.toThrow(
      expect.objectContaining({ code: "PAYLOAD_TOO_LARGE" }),
    );
    expect(asked).toEqual([]);
  });
});
