/** Snapshots on the wire: what exists, what is being done, what differs. Ours alone. */

export type SnapshotReason = "schedule" | "button" | "upgrade" | "import" | "restore";

/** `verified`: it was restored into a scratch object and every checksum agreed. `made`: not yet. */
export type SnapshotState = "made" | "verified" | "damaged";

export interface SnapshotRow {
  id: string;
  state: SnapshotState;
  /** Epoch milliseconds; 0 when its list of contents cannot be read. */
  createdAt: number;
  reason: SnapshotReason | null;
  version: string | null;
  rows: number;
  /** Before packing. */
  bytes: number;
  encrypted: boolean;
  verifiedAt: number | null;
  /** Why it is damaged. */
  error: string | null;
  /** Kept whatever its age: the newest good one, or the one that a restore is undone with. */
  kept: boolean;
}

export type SnapshotJobKind = "create" | "verify" | "restore";

export interface SnapshotJob {
  id: string;
  kind: SnapshotJobKind;
  snapshotId: string | null;
  state: "waiting" | "running" | "done" | "failed" | "aborted";
  phase: "reading" | "proving" | "staging" | "tidying" | null;
  doneRows: number;
  totalRows: number;
  /** Written to the store, packed. */
  writtenBytes: number;
  createdAt: number;
  endedAt: number | null;
  /** One sentence of what came of it. */
  outcome: string | null;
}

/** A snapshot much smaller than the last good one: nothing older is dropped until a person has answered. */
export interface ShrinkQuestion {
  id: string;
  before: { id: string; rows: number; bytes: number };
  now: { rows: number; bytes: number };
}

export interface SnapshotsState {
  /** Where snapshots are kept, for a person. */
  place: string;
  encrypted: boolean;
  snapshots: SnapshotRow[];
  /** Newest first: what runs, what waits, the last few that ended. */
  jobs: SnapshotJob[];
  undo: { id: string; restoredAt: number } | null;
  shrink: ShrinkQuestion | null;
  /** Epoch milliseconds; null without a schedule. */
  nextAt: number | null;
  /** Why the store could not be read; then `snapshots` is empty. */
  error: { code: string; message: string; hint: string } | null;
}

export type RestoreItem = { kind: "session"; name: string } | { kind: "file"; name: string } | { kind: "config" };

/** What a person can choose one by one. */
export interface SnapshotContents {
  id: string;
  sessions: { key: string; title: string | null; messages: number }[];
  files: { path: string; sizeBytes: number }[];
  /** Not inside, because the snapshot is not encrypted: to be typed again after a restore into an empty assistant. */
  missingSecrets: string[];
  /** Attachments that were gone already. */
  lost: { id: string; why: string }[];
}

export interface TableDifference {
  table: string;
  added: number;
  removed: number;
  changed: number;
}

/** What changed from the first to the second. Names are cut after 200 each. */
export interface SnapshotDifference {
  from: string;
  /** "now": the assistant as it is. */
  to: string;
  tables: TableDifference[];
  sessions: string[];
  files: string[];
  settings: string[];
}

/** What can be asked: a part of the map in `methods.ts`. */
export interface SnapshotMethods {
  /** Ours: everything about snapshots; `snapshots.changed` says when to read it again. */
  "snapshots.list": { params: Record<string, unknown>; result: SnapshotsState };
  /** Ours: each begins a piece of work and answers at once. */
  "snapshots.create": { params: Record<string, unknown>; result: { jobId: string } };
  "snapshots.verify": { params: { id: string }; result: { jobId: string } };
  /** Without `items` the whole. A snapshot of the present state is made first, so that it can be undone. */
  "snapshots.restore": { params: { id: string; items?: RestoreItem[] }; result: { jobId: string } };
  "snapshots.undo": { params: Record<string, unknown>; result: { jobId: string } };
  /** Ends what runs; what was written stays unnamed and goes with the next tidying. */
  "snapshots.abort": { params: Record<string, unknown>; result: { aborted: boolean } };
  "snapshots.contents": { params: { id: string }; result: SnapshotContents };
  /** `to` left out: the assistant as it is now. */
  "snapshots.diff": { params: { from: string; to?: string }; result: SnapshotDifference };
  /** The answer to a shrink: `accept` false drops the small snapshot. */
  "snapshots.settle": { params: { id: string; accept: boolean }; result: { ok: true } };
  /** null ends encryption. The passphrase itself is not kept, only the key made from it. */
  "snapshots.passphrase": { params: { passphrase: string | null }; result: { ok: true; encrypted: boolean } };
  /** Tried with a real write, read and delete before it is kept. Null parts go back to the assistant's own folder or bucket. */
  "snapshots.destination": {
    params: {
      s3: {
        endpoint: string;
        bucket: string;
        region?: string;
        prefix?: string;
        accessKeyId?: string;
        secretAccessKey?: string;
      } | null;
    };
    result: { ok: true; place: string };
  };
}
