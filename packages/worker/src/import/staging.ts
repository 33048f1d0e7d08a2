/**
 * The source, as rows: an archive is taken apart while it streams in, and what nobody would want back (caches, logs, installed
 * packages) is counted and left out. At most one source is staged; it stays until it is thrown away or another one comes.
 */

import { MoltError } from "@moltworker/protocol/errors";
import type { LeftOut } from "@moltworker/protocol/import";
import type { Clock } from "../platform/clock.ts";
import { createId } from "../platform/id.ts";
import { sha256Hex } from "../platform/sha256.ts";
import type { Database } from "../storage/database.ts";
import type { Migration } from "../storage/migrations.ts";
import type { SourceTree } from "./source-tree.ts";
import { readTar, type TarEntry } from "./tar-reader.ts";

export interface StagedSource {
  id: string;
  /** What its sender called it. */
  name: string;
  /** Epoch milliseconds. */
  stagedAt: number;
  files: number;
  bytes: number;
  leftOut: LeftOut[];
}

/** An archive as it streams in, or files that are asked for one by one. */
export type ImportSource = ReadableStream<Uint8Array> | AsyncIterable<TarEntry>;

export interface Staging {
  /** Replaces what was staged. Throws INVALID_REQUEST (no archive), PAYLOAD_TOO_LARGE; what was staged before is gone then. */
  stage(name: string, source: ImportSource): Promise<StagedSource>;
  current(): StagedSource | undefined;
  tree(): SourceTree;
  discard(): void;
}

export interface StagingLimits {
  totalBytes: number;
  fileBytes: number;
  files: number;
}

const stagingLimits: StagingLimits = { totalBytes: 400_000_000, fileBytes: 64_000_000, files: 30_000 };

export const importMigration: Migration = {
  name: "0060-import",
  statements: [
    "CREATE TABLE import_source (id TEXT PRIMARY KEY, name TEXT NOT NULL, staged_at INTEGER NOT NULL, left_out TEXT NOT NULL)",
    "CREATE TABLE import_files (path TEXT PRIMARY KEY, size_bytes INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE TABLE import_chunks (path TEXT NOT NULL, part INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY (path, part))",
    // Which conversation of the source became which one here, so that a second import finds it again.
    "CREATE TABLE import_sessions (source_id TEXT PRIMARY KEY, session_key TEXT NOT NULL)",
  ],
};

const chunkBytes = 1_000_000;
const gzipMagic = [0x1f, 0x8b];

/** Parts of a path that only hold what can be made again. */
const unwanted: readonly [pattern: RegExp, why: string][] = [
  [/(^|\/)node_modules\//, "installed packages"],
  [/(^|\/)\.git\//, "git's own files (the files it keeps are imported)"],
  [/(^|\/)(cache|\.cache|tmp|\.npm|logs?|completions|dist-cache)\//, "caches, logs and temporary files"],
  [/\.(log|tmp|lock|pid|sock)$/, "caches, logs and temporary files"],
  [/(-shm|\.(generation-lock|generation-writer|reindex-lock|lock)\.sqlite)$/, "locks of a running gateway"],
];

export function createStaging(db: Database, clock: Clock, limits: StagingLimits = stagingLimits): Staging {
  const current = (): StagedSource | undefined => {
    const row = db.one<{ id: string; name: string; staged_at: number; left_out: string }>("SELECT * FROM import_source");
    const sums = db.one<{ files: number; bytes: number | null }>(
      "SELECT count(*) AS files, sum(size_bytes) AS bytes FROM import_files",
    );
    return (
      row && {
        id: row.id,
        name: row.name,
        stagedAt: row.staged_at,
        files: sums?.files ?? 0,
        bytes: sums?.bytes ?? 0,
        leftOut: JSON.parse(row.left_out) as LeftOut[],
      }
    );
  };
  const discard = () =>
    db.transaction(() => {
      for (const table of ["import_source", "import_files", "import_chunks"]) db.run(`DELETE FROM ${table}`);
    });
  const keep = (path: string, content: Uint8Array) =>
    db.transaction(() => {
      db.run("DELETE FROM import_chunks WHERE path = ?", path);
      db.run("INSERT OR REPLACE INTO import_files (path, size_bytes) VALUES (?, ?)", path, content.length);
      for (let part = 0; part * chunkBytes < content.length; part += 1) {
        const data = content.slice(part * chunkBytes, (part + 1) * chunkBytes).buffer;
        db.run("INSERT INTO import_chunks (path, part, data) VALUES (?, ?, ?)", path, part, data);
      }
    });

  return {
    current,
    discard,
    async stage(name, source) {
      discard();
      const left = new Map<string, LeftOut>();
      const leaveOut = (path: string, why: string) => {
        const known = left.get(why) ?? { why, count: 0, example: path };
        left.set(why, { ...known, count: known.count + 1 });
      };
      let bytes = 0;
      let files = 0;
      try {
        for await (const entry of source instanceof ReadableStream ? readTar(await unzipped(source)) : source) {
          if (entry.kind === "folder") continue;
          const why = entry.kind === "file" ? refusal(entry.path, entry.sizeBytes, limits) : "links and devices";
          if (why !== undefined) {
            leaveOut(entry.path, why);
            continue;
          }
          bytes += entry.sizeBytes;
          files += 1;
          if (bytes > limits.totalBytes || files > limits.files) throw tooLarge(limits);
          keep(entry.path, await entry.bytes());
        }
      } catch (error) {
        discard();
        throw error;
      }
      if (files === 0) throw new MoltError("INVALID_REQUEST", { message: "there is nothing to import in that archive" });
      const now = clock.now();
      const row = [createId("import", now), name.slice(0, 200), now, JSON.stringify([...left.values()])] as const;
      db.run("INSERT INTO import_source (id, name, staged_at, left_out) VALUES (?, ?, ?, ?)", ...row);
      return current() as StagedSource;
    },
    tree: () => ({
      list: () =>
        db
          .all<{ path: string; size_bytes: number }>("SELECT path, size_bytes FROM import_files ORDER BY path")
          .map((row) => ({ path: row.path, sizeBytes: row.size_bytes })),
      read(path) {
        const file = db.one<{ size_bytes: number }>("SELECT size_bytes FROM import_files WHERE path = ?", path);
        if (!file) return undefined;
        const whole = new Uint8Array(file.size_bytes);
        let at = 0;
        for (const { data } of db.all<{ data: ArrayBuffer }>(
          "SELECT data FROM import_chunks WHERE path = ? ORDER BY part",
          path,
        )) {
          whole.set(new Uint8Array(data), at);
          at += data.byteLength;
        }
        return whole;
      },
    }),
  };
}

/** A fingerprint of a report, by which its reader says what they agreed to. */
export const reportHash = async (lines: readonly unknown[]): Promise<string> =>
  (await sha256Hex(new TextEncoder().encode(JSON.stringify(lines)))).slice(0, 32);

function refusal(path: string, sizeBytes: number, limits: StagingLimits): string | undefined {
  if (path.split("/").includes("..")) return "paths that leave the folder";
  if (sizeBytes > limits.fileBytes) return `files above ${Math.round(limits.fileBytes / 1_000_000)} MB`;
  return unwanted.find(([pattern]) => pattern.test(path))?.[1];
}

/** gzip is seen by its first bytes, whatever the archive is called. */
async function unzipped(archive: ReadableStream<Uint8Array>): Promise<ReadableStream<Uint8Array>> {
  const reader = archive.getReader();
  const { value: first = new Uint8Array() } = await reader.read();
  const whole = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(first),
    async pull(controller) {
      const { done, value } = await reader.read();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: (reason) => reader.cancel(reason),
  });
  if (!gzipMagic.every((byte, index) => first[index] === byte)) return whole;
  return whole.pipeThrough(new DecompressionStream("gzip") as unknown as ReadableWritablePair<Uint8Array, Uint8Array>);
}

function tooLarge(limits: StagingLimits): MoltError {
  return new MoltError("PAYLOAD_TOO_LARGE", {
    message: `the archive holds more than ${Math.round(limits.totalBytes / 1_000_000)} MB or ${limits.files} files`,
    hint: "Leave out what need not move: large media, caches, installed packages.",
  });
}
