/**
 * What `moltworker import` was given, as one tar stream: a folder, an archive, a bucket, or a backup image. A bucket of late
 * moltworkers, or a copy of one, keeps everything in an image; then the newest that can be opened is what is imported.
 */

import {
  closeSync,
  createReadStream,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { Readable } from "node:stream";
import { createGzip } from "node:zlib";
import { MoltError } from "@moltworker/protocol/errors";
import { bucketOf, isBucketAddress } from "./bucket-address.ts";
import { type Bucket, type BucketObject, bucketFiles, listBucket, readObject } from "./bucket-source.ts";
import { folderFiles, isUnwanted } from "./folder-source.ts";
import { openSquashfs, squashfsMagic } from "./squashfs.ts";
import { type Skipped, type SourceFile, tarOf } from "./tar-writer.ts";

export interface Source {
  /** For the report. */
  name: string;
  body: Readable;
}

export interface SourceTalk {
  skip(skipped: Skipped): void;
  note(text: string): void;
}

/** Throws USAGE, INVALID_REQUEST, SNAPSHOT_STORE, SNAPSHOT_STORE_REFUSED. */
export async function openSource(source: string, talk: SourceTalk): Promise<Source> {
  if (isBucketAddress(source)) return fromBucket(await bucketOf(source, process.env), talk);
  const stat = statSync(source, { throwIfNoEntry: false });
  const name = basename(source);
  if (!stat)
    throw new MoltError("USAGE", {
      message: `${source} does not exist`,
      hint: "Name a folder, a .tar or .tar.gz file, a backup image (data.sqsh), or a bucket: s3://bucket/prefix.",
    });
  if (!stat.isDirectory())
    return isImage(source) ? { name, body: packed(imageFiles(source, talk), talk) } : { name, body: createReadStream(source) };
  for (const image of imagesOf((path) => readIfThere(join(source, path)))) {
    const path = join(source, image);
    if (!existsSync(path)) continue;
    try {
      const files = imageFiles(path, talk);
      talk.note(`opening the backup ${image} …`);
      return { name: `${name}: ${image}`, body: packed(files, talk) };
    } catch (error) {
      talk.skip({ path: image, why: (error as Error).message });
    }
  }
  // The folder's own name says what it is: `.openclaw`, `clawdbot`.
  const inside = /^\.?(openclaw|clawdbot|moltbot)$/.test(name) ? `${name}/` : "";
  return { name, body: packed(folderFiles(source, talk.skip, inside), talk) };
}

async function fromBucket(bucket: Bucket, talk: SourceTalk): Promise<Source> {
  const objects = await listBucket(bucket);
  const name = `${bucket.name}/${bucket.prefix}`.replace(/\/$/, "");
  if (objects.length === 0)
    throw new MoltError("INVALID_REQUEST", { message: `the bucket has nothing below ${name}`, hint: "Check the prefix." });
  talk.note(`${objects.length} objects in ${name}`);
  const known = new Map(objects.map((object) => [object.key, object]));
  const handles = new Map<string, string>();
  for (const path of ["backup-handles.json", "backup-handle.json"])
    if (known.has(bucket.prefix + path)) handles.set(path, (await readObject(bucket, bucket.prefix + path)).toString("utf8"));
  for (const image of imagesOf((path) => handles.get(path))) {
    const object = known.get(bucket.prefix + image);
    if (!object) continue;
    try {
      talk.note(`fetching the backup ${image} (${(object.sizeBytes / 1_000_000).toFixed(1)} MB) …`);
      return { name: `${name}: ${image}`, body: packed(await fetchedImage(bucket, object, talk), talk) };
    } catch (error) {
      talk.skip({ path: image, why: (error as Error).message });
    }
  }
  return { name, body: packed(bucketFiles(bucket, objects), talk) };
}

/** An image is read here and there: it lies in a temporary file until its last file was read. */
async function fetchedImage(bucket: Bucket, object: BucketObject, talk: SourceTalk): Promise<Iterable<SourceFile>> {
  const folder = mkdtempSync(join(tmpdir(), "moltworker-import-"));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  process.once("exit", remove);
  const path = join(folder, "data.sqsh");
  writeFileSync(path, await readObject(bucket, object.key), { mode: 0o600 });
  return imageFiles(path, talk, remove);
}

/** Opens the image before it returns. */
function imageFiles(path: string, talk: SourceTalk, done: () => void = () => {}): Iterable<SourceFile> {
  const image = openSquashfs(path);
  return (function* () {
    try {
      for (const file of image.files((name, why) => talk.skip({ path: name, why }))) if (!isUnwanted(file.path)) yield file;
    } finally {
      image.close();
      done();
    }
  })();
}

const packed = (files: AsyncIterable<SourceFile> | Iterable<SourceFile>, talk: SourceTalk): Readable =>
  Readable.from(tarOf(files, talk.skip)).pipe(createGzip({ level: 1 }));

/** Paths of the backups that the bucket's own lists name, the newest first. */
export function imagesOf(read: (path: string) => string | undefined): string[] {
  const list = (parsed(read("backup-handles.json")) as { snapshots?: unknown } | undefined)?.snapshots;
  const kept = (Array.isArray(list) ? (list as { id?: unknown; createdAt?: unknown }[]) : [])
    .filter(({ id }) => typeof id === "string")
    .sort((left, right) => timeOf(right.createdAt) - timeOf(left.createdAt));
  const ids = [...kept.map(({ id }) => id), (parsed(read("backup-handle.json")) as { id?: unknown } | undefined)?.id];
  return [...new Set(ids)]
    .filter((id) => typeof id === "string" && /^[\w-]{1,100}$/.test(id))
    .map((id) => `backups/${id}/data.sqsh`);
}

const timeOf = (value: unknown): number => new Date(value as string | number).getTime() || 0;

function parsed(text: string | undefined): unknown {
  try {
    const value: unknown = JSON.parse(text ?? "null");
    return value ?? undefined;
  } catch {
    return undefined;
  }
}

function readIfThere(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, "utf8") : undefined;
}

function isImage(path: string): boolean {
  const file = openSync(path, "r");
  try {
    const start = Buffer.alloc(4);
    readSync(file, start, 0, 4, 0);
    return start.equals(squashfsMagic);
  } finally {
    closeSync(file);
  }
}
