/**
 * R2-shaped blobs: large bytes by opaque id, on R2 or on a writable workerd `disk` service. Bytes are written before
 * their row and removed after it, so a row always has its bytes; a cut in between leaves only unreachable bytes.
 */

import { MoltError } from "@moltworker/protocol/errors";
import type { Clock } from "../platform/clock.ts";
import { sha256Hex } from "../platform/sha256.ts";
import type { Database } from "./database.ts";
import type { Migration } from "./migrations.ts";

export interface BlobInfo {
  sizeBytes: number;
  mimeType: string;
  /** Lower-case hex. */
  sha256: string;
  /** Epoch milliseconds. */
  createdAt: number;
}

export interface Blob extends BlobInfo {
  body: ReadableStream<Uint8Array>;
}

export interface Blobs {
  /** Durable when it resolves. Overwrites. Throws INVALID_REQUEST for an id that is not opaque, PAYLOAD_TOO_LARGE. */
  put(id: string, bytes: Uint8Array, mimeType: string): Promise<BlobInfo>;
  /** Without the bytes. */
  info(id: string): BlobInfo | undefined;
  get(id: string): Promise<Blob | undefined>;
  /** Whole content, for compiling a model request; undefined when gone. */
  bytes(id: string): Promise<Uint8Array | undefined>;
  delete(id: string): Promise<void>;
}

export const MAX_BLOB_BYTES = 20 * 1_048_576;

export const blobsMigration: Migration = {
  name: "0009-blobs",
  statements: [
    "CREATE TABLE blobs (id TEXT PRIMARY KEY, size_bytes INTEGER NOT NULL, mime_type TEXT NOT NULL, sha256 TEXT NOT NULL, created_at INTEGER NOT NULL)",
  ],
};

interface Row {
  size_bytes: number;
  mime_type: string;
  sha256: string;
  created_at: number;
}

/** Where the bytes lie. */
interface ByteStore {
  put(id: string, bytes: Uint8Array): Promise<void>;
  get(id: string): Promise<ReadableStream<Uint8Array> | undefined>;
  delete(id: string): Promise<void>;
}

export function createBlobs(binding: R2Bucket | Fetcher, db: Database, clock: Clock): Blobs {
  const store = isBucket(binding) ? bucketStore(binding) : diskStore(binding);

  function info(id: string): BlobInfo | undefined {
    const row = db.one<Row>("SELECT size_bytes, mime_type, sha256, created_at FROM blobs WHERE id = ?", id);
    return row && { sizeBytes: row.size_bytes, mimeType: row.mime_type, sha256: row.sha256, createdAt: row.created_at };
  }

  return {
    put: async (id, bytes, mimeType) => {
      checkId(id);
      if (bytes.length > MAX_BLOB_BYTES)
        throw new MoltError("PAYLOAD_TOO_LARGE", { message: `a file may have at most ${MAX_BLOB_BYTES} bytes` });
      const sha256 = await sha256Hex(bytes);
      await store.put(id, bytes);
      const kept: BlobInfo = { sizeBytes: bytes.length, mimeType: cleanMimeType(mimeType), sha256, createdAt: clock.now() };
      db.run(
        "INSERT OR REPLACE INTO blobs (id, size_bytes, mime_type, sha256, created_at) VALUES (?, ?, ?, ?, ?)",
        id,
        kept.sizeBytes,
        kept.mimeType,
        kept.sha256,
        kept.createdAt,
      );
      return kept;
    },
    info,
    get: async (id) => {
      const known = info(id);
      const body = known && (await store.get(id));
      return body && { ...known, body };
    },
    bytes: async (id) => {
      const body = info(id) && (await store.get(id));
      return body && new Uint8Array(await new Response(body).arrayBuffer());
    },
    delete: async (id) => {
      if (db.run("DELETE FROM blobs WHERE id = ?", id) > 0) await store.delete(id);
    },
  };
}

function bucketStore(bucket: R2Bucket): ByteStore {
  return {
    put: async (id, bytes) => void (await bucket.put(id, bytes)),
    get: async (id) => (await bucket.get(id))?.body,
    delete: (id) => bucket.delete(id),
  };
}

/** workerd's `disk` service: PUT replaces a file atomically, GET and DELETE as one expects. */
function diskStore(disk: Fetcher): ByteStore {
  const urlOf = (id: string) => `http://blobs/${id}`;
  return {
    put: async (id, bytes) => {
      const response = await disk.fetch(urlOf(id), { method: "PUT", body: bytes });
      if (!response.ok) throw failed("written", response.status);
    },
    get: async (id) => {
      const response = await disk.fetch(urlOf(id));
      if (response.status === 404) return undefined;
      if (!response.ok || !response.body) throw failed("read", response.status);
      return response.body;
    },
    delete: async (id) => {
      const response = await disk.fetch(urlOf(id), { method: "DELETE" });
      if (!response.ok && response.status !== 404) throw failed("deleted", response.status);
    },
  };
}

/** A service binding answers to any property name, so only the class tells the two apart. */
function isBucket(binding: R2Bucket | Fetcher): binding is R2Bucket {
  return Object.getPrototypeOf(binding)?.constructor?.name === "R2Bucket";
}

function checkId(id: string): void {
  if (!/^[A-Za-z0-9][A-Za-z0-9_-]{0,79}$/.test(id))
    throw new MoltError("INVALID_REQUEST", { message: "a blob's id is letters, digits, - and _" });
}

/** `type/subtype` in lower case without parameters, or the type that says nothing. */
function cleanMimeType(text: string): string {
  const type = text.split(";")[0]?.trim().toLowerCase() ?? "";
  return /^[\w.+-]{1,60}\/[\w.+-]{1,60}$/.test(type) ? type : "application/octet-stream";
}

function failed(what: string, status: number): MoltError {
  return new MoltError("INTERNAL", {
    message: `a file could not be ${what} (storage answered ${status})`,
    hint: "Check that the data folder can be written and has space.",
  });
}
