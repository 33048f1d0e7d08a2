/**
 * The assistant's files: an opaque virtual tree in SQLite, persistent, never host paths. Folders exist while files are
 * in them. Content is kept in rows of at most 1 MiB; listing reads no content; `apply` is all or nothing.
 */

import { MoltError } from "@moltworker/protocol/errors";
import type { Clock } from "../platform/clock.ts";
import type { Database } from "./database.ts";
import { folderRange, normalizeFolder, normalizePath } from "./workspace-path.ts";

export interface FileStat {
  /** Normalised, relative, `/`-separated, no leading slash: `notes/today.md`. */
  path: string;
  sizeBytes: number;
  /** Epoch milliseconds. */
  updatedAt: number;
  /** Grows with every write in the workspace and is never given twice: equal revisions mean equal content. */
  revision: number;
  /** Host whose text may be in it: written while outside text was in the conversation, and not shown to the owner. */
  outsideFrom?: string;
}

export interface FileChange {
  path: string;
  /** null deletes. */
  content: Uint8Array | null;
  /** Revision that this change was made from, 0 for "no such file yet". When it is no longer that, nothing is applied. */
  baseRevision?: number;
  /** Becomes the file's own mark; without it the file is clean again. */
  outsideFrom?: string;
}

export interface Workspace {
  /** Throws INVALID_REQUEST for a path that leaves the tree. undefined when there is no such file. */
  read(path: string): Uint8Array | undefined;
  stat(path: string): FileStat | undefined;
  /** Every file below `prefix` (a folder), sorted by path. */
  list(prefix?: string): FileStat[];
  /**
   * Applies all changes in order, in one transaction. Throws PAYLOAD_TOO_LARGE above the limits, CONFLICT when a
   * `baseRevision` is stale, INVALID_REQUEST when a file would also be a folder. Nothing changes then.
   */
  apply(changes: FileChange[]): void;
}

export interface WorkspaceLimits {
  fileBytes: number;
  totalBytes: number;
  files: number;
}

export const workspaceLimits: WorkspaceLimits = { fileBytes: 10_000_000, totalBytes: 500_000_000, files: 20_000 };

const chunkBytes = 1_048_576;

/** Tables of the workspace; one migration. */
export const workspaceMigration: string[] = [
  `CREATE TABLE workspace_files (
    path TEXT PRIMARY KEY,
    size_bytes INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    outside_from TEXT
  ) WITHOUT ROWID`,
  `CREATE TABLE workspace_chunks (
    path TEXT NOT NULL,
    part INTEGER NOT NULL,
    data BLOB NOT NULL,
    PRIMARY KEY (path, part)
  )`,
  // One row: sums kept beside the files, so that a small write does not count 20,000 rows.
  "CREATE TABLE workspace_usage (id INTEGER PRIMARY KEY CHECK (id = 1), files INTEGER NOT NULL, bytes INTEGER NOT NULL, revision INTEGER NOT NULL)",
  "INSERT INTO workspace_usage (id, files, bytes, revision) VALUES (1, 0, 0, 0)",
];

interface FileRow {
  path: string;
  size_bytes: number;
  updated_at: number;
  revision: number;
  outside_from: string | null;
}

interface UsageRow {
  files: number;
  bytes: number;
  revision: number;
}

const columns = "path, size_bytes, updated_at, revision, outside_from";

/** The workspace in `db`, whose schema holds `workspaceMigration`. */
export function createWorkspace(db: Database, clock: Clock, limits: WorkspaceLimits = workspaceLimits): Workspace {
  const rowAt = (path: string) => db.one<FileRow>(`SELECT ${columns} FROM workspace_files WHERE path = ?`, path);

  function stat(rawPath: string): FileStat | undefined {
    const row = rowAt(normalizePath(rawPath));
    return row && statFromRow(row);
  }

  function read(rawPath: string): Uint8Array | undefined {
    const row = rowAt(normalizePath(rawPath));
    if (!row) return undefined;
    const bytes = new Uint8Array(row.size_bytes);
    let offset = 0;
    for (const chunk of db.all<{ data: ArrayBuffer }>(
      "SELECT data FROM workspace_chunks WHERE path = ? ORDER BY part",
      row.path,
    )) {
      bytes.set(new Uint8Array(chunk.data), offset);
      offset += chunk.data.byteLength;
    }
    return bytes;
  }

  function list(prefix = ""): FileStat[] {
    const [from, to] = folderRange(normalizeFolder(prefix));
    return db
      .all<FileRow>(`SELECT ${columns} FROM workspace_files WHERE path >= ? AND path < ? ORDER BY path`, from, to)
      .map(statFromRow);
  }

  return {
    read,
    stat,
    list,
    apply: (changes) => {
      if (changes.length > 0) db.transaction(() => applyChanges(db, clock, limits, changes));
    },
  };
}

function statFromRow(row: FileRow): FileStat {
  const { path, size_bytes: sizeBytes, updated_at: updatedAt, revision, outside_from: outsideFrom } = row;
  return { path, sizeBytes, updatedAt, revision, ...(outsideFrom === null ? {} : { outsideFrom }) };
}

function applyChanges(db: Database, clock: Clock, limits: WorkspaceLimits, changes: FileChange[]): void {
  const usage = db.one<UsageRow>("SELECT files, bytes, revision FROM workspace_usage WHERE id = 1");
  if (!usage) throw new MoltError("STORAGE_CORRUPT", { message: "the workspace's usage row is missing" });
  const written = new Set<string>();
  for (const { path: rawPath, content, baseRevision, outsideFrom = null } of changes) {
    const path = normalizePath(rawPath);
    const old = db.one<FileRow>(`SELECT ${columns} FROM workspace_files WHERE path = ?`, path);
    if (baseRevision !== undefined && baseRevision !== (old?.revision ?? 0)) {
      throw new MoltError("CONFLICT", { message: `${path} changed since it was read`, details: { path } });
    }
    if (content === null && !old) continue;
    db.run("DELETE FROM workspace_chunks WHERE path = ?", path);
    usage.files += (content === null ? 0 : 1) - (old ? 1 : 0);
    usage.bytes += (content?.length ?? 0) - (old?.size_bytes ?? 0);
    usage.revision += 1;
    if (content === null) {
      db.run("DELETE FROM workspace_files WHERE path = ?", path);
      written.delete(path);
    } else {
      if (content.length > limits.fileBytes)
        throw tooLarge(`${path} would be ${content.length} bytes; a file may have ${limits.fileBytes}`);
      const row = {
        path,
        size_bytes: content.length,
        updated_at: clock.now(),
        revision: usage.revision,
        outside_from: outsideFrom,
      };
      insertFile(db, row, content);
      written.add(path);
    }
  }
  if (usage.bytes > limits.totalBytes)
    throw tooLarge(`the workspace would hold ${usage.bytes} bytes; it may hold ${limits.totalBytes}`);
  if (usage.files > limits.files) throw tooLarge(`the workspace would hold ${usage.files} files; it may hold ${limits.files}`);
  for (const path of written) checkTree(db, path);
  db.run("UPDATE workspace_usage SET files = ?, bytes = ?, revision = ? WHERE id = 1", usage.files, usage.bytes, usage.revision);
}

function insertFile(db: Database, row: FileRow, content: Uint8Array): void {
  db.run(
    `INSERT INTO workspace_files (${columns}) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (path) DO UPDATE SET size_bytes = excluded.size_bytes, updated_at = excluded.updated_at,
       revision = excluded.revision, outside_from = excluded.outside_from`,
    row.path,
    row.size_bytes,
    row.updated_at,
    row.revision,
    row.outside_from,
  );
  for (let offset = 0, part = 0; offset < content.length; offset += chunkBytes, part += 1) {
    const data = content.slice(offset, offset + chunkBytes).buffer as ArrayBuffer;
    db.run("INSERT INTO workspace_chunks (path, part, data) VALUES (?, ?, ?)", row.path, part, data);
  }
}

/** A name is a file or a folder, never both. */
function checkTree(db: Database, path: string): void {
  const [from, to] = folderRange(path);
  const below = db.one<{ path: string }>("SELECT path FROM workspace_files WHERE path >= ? AND path < ? LIMIT 1", from, to);
  if (below)
    throw new MoltError("INVALID_REQUEST", {
      message: `${path} is a folder (it holds ${below.path})`,
      hint: "Write a file inside it, or choose another name.",
    });
  const segments = path.split("/");
  for (let depth = 1; depth < segments.length; depth += 1) {
    const folder = segments.slice(0, depth).join("/");
    if (db.one("SELECT 1 AS found FROM workspace_files WHERE path = ?", folder)) {
      throw new MoltError("INVALID_REQUEST", {
        message: `${folder} is a file, so ${path} cannot be inside it`,
        hint: "Choose another name, or delete the file first.",
      });
    }
  }
}

function tooLarge(message: string): MoltError {
  return new MoltError("PAYLOAD_TOO_LARGE", { message, hint: "Delete what is not needed, or write less." });
}
