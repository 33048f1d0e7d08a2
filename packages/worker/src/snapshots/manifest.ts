/**
 * A snapshot's table of contents. The file is JSON with a readable head; its body is gzip (and sealed when the snapshot is),
 * in base64, under the head's SHA-256. Beside it may lie a verdict: what came of restoring it. Both are written once.
 */

import { isMoltError, MoltError } from "@moltworker/protocol/errors";
import type { SnapshotReason } from "@moltworker/protocol/snapshots";
import * as z from "zod";
import { sha256Hex } from "../platform/sha256.ts";
import type { Seal } from "./seal.ts";
import type { SnapshotStore } from "./store.ts";

const hex = z.string().regex(/^[0-9a-f]{64}$/);
const count = z.int().min(0);
/** `chunks/<two digits>/<name>`, and nothing that could lead elsewhere. */
const objectName = z.string().regex(/^(chunks|blobs)\/[0-9a-f]{2}\/[0-9a-f]{64}$/);

const reasons = ["schedule", "button", "upgrade", "import", "restore"] as const satisfies readonly SnapshotReason[];

const chunkRef = z.strictObject({ name: objectName, sha256: hex, rows: count, bytes: count });
const tableRef = z.strictObject({
  name: z.string().regex(/^[A-Za-z][A-Za-z0-9_]{0,100}$/),
  columns: z.array(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,100}$/)).min(1),
  /** Columns of the primary key, in its order. */
  key: z.array(z.string().max(100)),
  rows: count,
  bytes: count,
  chunks: z.array(chunkRef),
});
const blobRef = z.strictObject({
  id: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,79}$/),
  name: objectName,
  sha256: hex,
  bytes: count,
});
const contents = z.strictObject({
  /** Names of the migrations that made the tables, in order. */
  schema: z.array(z.string().max(100)).max(10_000),
  tables: z.array(tableRef),
  blobs: z.array(blobRef),
  /** Attachments whose bytes were gone or changed already when the snapshot was made. */
  lost: z.array(z.strictObject({ id: z.string().max(100), why: z.string().max(300) })),
  /** Names of secrets that are not inside, because the snapshot is not encrypted. */
  missingSecrets: z.array(z.string().max(200)),
});
const derivation = z.strictObject({
  kdf: z.literal("PBKDF2-SHA256"),
  iterations: z.int().min(1),
  rounds: z.int().min(1),
  salt: z.string().regex(/^([0-9a-f]{2}){8,64}$/),
});
const head = z.strictObject({
  format: z.literal("moltworker-snapshot/1"),
  id: z.string().regex(/^snap_[0-9a-z]{26}$/),
  /** Epoch milliseconds of the cut. */
  createdAt: z.int(),
  reason: z.enum(reasons),
  /** Version of the product. */
  version: z.string().max(100),
  rows: count,
  /** Of rows and attachments, before packing. */
  bytes: count,
  /** Absent: not encrypted. */
  encryption: derivation.optional(),
  /** SHA-256 of the contents: two snapshots with the same hold the same. */
  contents: hex,
  /** SHA-256 of the packed body's text. */
  sha256: hex,
});
const file = head.extend({ body: z.string() });

export type ChunkRef = z.infer<typeof chunkRef>;
export type TableRef = z.infer<typeof tableRef>;
export type BlobRef = z.infer<typeof blobRef>;
export type Contents = z.infer<typeof contents>;
export type Head = z.infer<typeof head>;
export type Manifest = Head & Contents;

export const verdictSchema = z.strictObject({
  id: z.string(),
  verified: z.boolean(),
  /** Epoch milliseconds. */
  at: z.int(),
  /** Of the manifest that was judged. */
  sha256: hex,
  error: z.string().max(1_000).optional(),
});
export type Verdict = z.infer<typeof verdictSchema>;

const manifestName = (id: string) => `manifests/${id}.json`;
const verdictName = (id: string) => `verdicts/${id}.json`;
const isId = (text: string) => /^snap_[0-9a-z]{26}$/.test(text);

/** Its presence is what makes the snapshot exist: everything that it names was written before. */
export async function writeManifest(
  store: SnapshotStore,
  seal: Seal,
  facts: Omit<Head, "sha256" | "format">,
  inside: Contents,
): Promise<Head> {
  const packed = await seal.close(new TextEncoder().encode(JSON.stringify(inside)));
  const body = base64(packed);
  const made: Head = { format: "moltworker-snapshot/1", ...facts, sha256: await sha256Hex(new TextEncoder().encode(body)) };
  await store.put(manifestName(facts.id), new TextEncoder().encode(`${JSON.stringify({ ...made, body })}\n`));
  return made;
}

/** Throws NOT_FOUND, SNAPSHOT_DAMAGED. */
export async function readHead(store: SnapshotStore, id: string): Promise<Head & { body: string }> {
  const bytes = isId(id) ? await store.get(manifestName(id)) : undefined;
  if (!bytes) throw new MoltError("NOT_FOUND", { message: `there is no snapshot ${id.slice(0, 60)} in ${store.place}` });
  const parsed = file.safeParse(parse(bytes));
  if (!parsed.success)
    throw damaged(id, `its list of contents is not valid at ${parsed.error.issues[0]?.path.join(".") || "its root"}`);
  const { body, ...facts } = parsed.data;
  if (facts.id !== id || (await sha256Hex(new TextEncoder().encode(body))) !== facts.sha256)
    throw damaged(id, "its list of contents was changed or cut off");
  return { ...facts, body };
}

/** The whole manifest. Throws NOT_FOUND, SNAPSHOT_DAMAGED, SNAPSHOT_PASSPHRASE. */
export async function readManifest(store: SnapshotStore, id: string, sealFor: (head: Head) => Promise<Seal>): Promise<Manifest> {
  const { body, ...facts } = await readHead(store, id);
  const seal = await sealFor(facts);
  const inside = contents.safeParse(parse(await seal.open(bytesFromBase64(body, id))));
  if (!inside.success) throw damaged(id, `its list of contents is not valid at ${inside.error.issues[0]?.path.join(".")}`);
  return { ...facts, ...inside.data };
}

export interface Listed {
  id: string;
  head?: Head;
  verdict?: Verdict;
  /** Why the head cannot be read. */
  error?: string;
}

/** Every snapshot of the store, newest first; what cannot be read is listed with the reason. */
export async function listSnapshots(store: SnapshotStore): Promise<Listed[]> {
  const [manifests, verdicts] = await Promise.all([store.list("manifests/"), store.list("verdicts/")]);
  const judged = new Set(verdicts.map(({ name }) => name));
  const ids = manifests.map(({ name }) => name.slice("manifests/".length, -".json".length)).filter(isId);
  const listed: Listed[] = [];
  for (const id of ids.sort().reverse()) listed.push(await describe(store, id, judged.has(verdictName(id))));
  return listed;
}

async function describe(store: SnapshotStore, id: string, judged: boolean): Promise<Listed> {
  try {
    const { body: _, ...found } = await readHead(store, id);
    const verdict = judged ? await readVerdict(store, id) : undefined;
    // A verdict speaks of the manifest that it saw.
    return { id, head: found, ...(verdict?.sha256 === found.sha256 ? { verdict } : {}) };
  } catch (error) {
    if (!isMoltError(error) || error.code === "SNAPSHOT_STORE" || error.code === "SNAPSHOT_STORE_REFUSED") throw error;
    return { id, error: error.message };
  }
}

export async function writeVerdict(store: SnapshotStore, verdict: Verdict): Promise<void> {
  await store.put(verdictName(verdict.id), new TextEncoder().encode(`${JSON.stringify(verdict)}\n`));
}

async function readVerdict(store: SnapshotStore, id: string): Promise<Verdict | undefined> {
  const bytes = await store.get(verdictName(id));
  const parsed = verdictSchema.safeParse(bytes && parse(bytes));
  return parsed.success && parsed.data.id === id ? parsed.data : undefined;
}

/** The snapshot is gone once its manifest is; its chunks follow when nothing names them. */
export async function deleteManifest(store: SnapshotStore, id: string): Promise<void> {
  await store.delete(manifestName(id));
  await store.delete(verdictName(id));
}

export function damaged(id: string, why: string, cause?: unknown): MoltError {
  return new MoltError("SNAPSHOT_DAMAGED", { message: `the snapshot ${id} is damaged: ${why}`, cause });
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}

function base64(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 24_576) text += btoa(String.fromCharCode(...bytes.subarray(at, at + 24_576)));
  return text;
}

function bytesFromBase64(text: string, id: string): Uint8Array {
  try {
    return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  } catch (error) {
    throw damaged(id, "its list of contents is not base64", error);
  }
}
