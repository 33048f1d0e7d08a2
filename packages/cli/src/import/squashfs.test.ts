import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createRandom } from "../../../../tests/support/random.ts";
import { imagesOf } from "./source.ts";
import { openSquashfs } from "./squashfs.ts";

/** Made by `mksquashfs -b 4096` of a home: small and large files, one of zeroes, an empty one, many in one folder, a link. */
const images = new URL("../../../../tests/support/squashfs/", import.meta.url).pathname;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "moltworker-image-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function contentsOf(path: string): { files: Map<string, Buffer>; skipped: string[] } {
  const image = openSquashfs(path);
  try {
    const [files, skipped] = [new Map<string, Buffer>(), [] as string[]];
    for (const file of image.files((name) => skipped.push(name))) {
      const content = Buffer.concat([...file.content()]);
      expect(content.length).toBe(file.sizeBytes);
      files.set(file.path, content);
    }
    return { files, skipped };
  } finally {
    image.close();
  }
}

function noise(length: number): Buffer {
  let word = 7;
  return Buffer.from(Uint8Array.from({ length }, () => (word = (Math.imul(word, 1_664_525) + 1_013_904_223) >>> 0) >>> 24));
}

describe.each(["gzip", "zstd"])("an image packed with %s", (method) => {
  it("gives every file byte for byte, and names what is no file", () => {
    const { files, skipped } = contentsOf(join(images, `${method}.sqsh`));
    expect(files.get("clawd/zeroes.bin")).toEqual(Buffer.alloc(20_000));
    expect(files.get("clawd/noise.bin")?.equals(noise(9_001))).toBe(true);
    expect(files.get("clawd/long.txt")?.toString()).toBe("tea and lobster\n".repeat(1_000));
    expect(files.get("clawd/empty.md")?.length).toBe(0);
    for (let at = 0; at < 300; at += 1)
      expect(files.get(`clawd/many/${String(at).padStart(3, "0")}-ü.md`)?.toString()).toBe(`number ${at}\n`);
    expect(files.has(".openclaw/openclaw.json")).toBe(true);
    expect(skipped).toEqual(["clawd/link"]);
  });
});

describe("an image that is not well", () => {
  it("is refused in words, whatever is changed in it, and never hangs", () => {
    const whole = readFileSync(join(images, "gzip.sqsh"));
    const random = createRandom(5);
    const path = join(folder, "bad.sqsh");
    for (let round = 0; round < 200; round += 1) {
      const bytes = Buffer.from(round % 4 === 0 ? whole.subarray(0, random.below(whole.length)) : whole);
      for (let at = 0; at < 3 && round % 4 !== 0; at += 1) bytes[random.below(round % 2 ? 96 : bytes.length)] = random.below(256);
      writeFileSync(path, bytes);
      try {
        contentsOf(path);
      } catch (error) {
        expect((error as { code?: string }).code ?? String(error), `round ${round}`).toMatch(/INVALID_REQUEST/);
      }
    }
  });

  it("packed in a way that is not read here: the command that unpacks it stands in the answer", () => {
    const path = join(folder, "xz.sqsh");
    copyFileSync(join(images, "gzip.sqsh"), path);
    const bytes = readFileSync(path);
    bytes.writeUInt16LE(4, 20);
    writeFileSync(path, bytes);
    expect(() => openSquashfs(path)).toThrow(
      expect.objectContaining({
        message: expect.stringContaining("xz"),
        hint: expect.stringContaining("unsquashfs -d unpacked"),
      }),
    );
  });
});

describe("the newest backup of a bucket", () => {
  it.each<[string, Record<string, string>, string[]]>([
    ["none", {}, []],
    ["one handle", { "backup-handle.json": '{"id":"b-1","dir":"/home/openclaw"}' }, ["b-1"]],
    [
      "a fork's list, newest first, before the single handle",
      {
        "backup-handles.json":
          '{"snapshots":[{"id":"old","createdAt":1},{"id":"new","createdAt":"2026-05-01T00:00:00Z"},{"id":"mid","createdAt":5}]}',
        "backup-handle.json": '{"id":"old"}',
      },
      ["new", "mid", "old"],
    ],
    ["a list that is not JSON", { "backup-handles.json": "{half", "backup-handle.json": '{"id":"b-1"}' }, ["b-1"]],
    ["an id that leads elsewhere", { "backup-handle.json": '{"id":"../../etc"}' }, []],
  ])("%s", (_, files, ids) => {
    expect(imagesOf((path) => files[path])).toEqual(ids.map((id) => `backups/${id}/data.sqsh`));
  });
});
