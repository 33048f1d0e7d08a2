/** An archive that grows when it is unpacked has an end: bytes, entries, single files; and what was begun is gone again. */

import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { createTestDatabase } from "../../../../tests/support/database.ts";
import { createTestClock } from "../../../../tests/support/identity.ts";
import { createStaging, importMigration } from "./staging.ts";

const limits = { totalBytes: 2_000_000, fileBytes: 1_000_000, files: 50 };

/** One file of a tar archive, filled with zeros. */
function entry(path: string, sizeBytes: number): Buffer {
  const header = Buffer.alloc(512);
  header.write(path, 0);
  header.write("0000644\0", 100);
  header.write(`${sizeBytes.toString(8).padStart(11, "0")}\0`, 124);
  header.write("        0ustar\u000000", 148);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return Buffer.concat([header, Buffer.alloc(Math.ceil(sizeBytes / 512) * 512)]);
}

function staged(entries: Buffer[]) {
  const db = createTestDatabase();
  for (const statement of importMigration.statements) db.run(statement);
  const zipped = gzipSync(Buffer.concat([...entries, Buffer.alloc(1_024)]), { level: 9 });
  const archive = new Blob([zipped]).stream() as ReadableStream<Uint8Array>;
  const rows = () => db.one<{ count: number }>("SELECT COUNT(*) AS count FROM import_chunks")?.count;
  return { zipped, rows, done: createStaging(db, createTestClock(), limits).stage("bomb", archive) };
}

test("a bomb of a few kilobytes that unpacks to megabytes is refused, and leaves no row", async () => {
  const { zipped, rows, done } = staged(Array.from({ length: 40 }, (_, index) => entry(`workspace/${index}.md`, 900_000)));
  expect(zipped.length).toBeLessThan(100_000);
  await expect(done).rejects.toMatchObject({ code: "PAYLOAD_TOO_LARGE" });
  expect(rows()).toBe(0);
});

test("more entries than are possible are refused", async () => {
  const { rows, done } = staged(Array.from({ length: 51 }, (_, index) => entry(`workspace/${index}.md`, 1)));
  await expect(done).rejects.toMatchObject({ code: "PAYLOAD_TOO_LARGE" });
  expect(rows()).toBe(0);
});

test("one file that is too large is left out and named, without being held", async () => {
  const { rows, done } = staged([entry("workspace/huge.bin", 30_000_000), entry("workspace/small.md", 10)]);
  expect((await done).leftOut).toMatchObject([{ count: 1, example: "workspace/huge.bin" }]);
  expect(rows()).toBe(1);
});
