/**
 * An assistant's data with snapshots, in Node: the product's own tables, a folder that lives in memory behind workerd's disk
 * protocol, a scratch database, and hooks that make the n-th write of either fail or never return.
 */

import type { SnapshotJob } from "@moltworker/protocol/snapshots";
import { migrations } from "../../packages/worker/src/catalog/migrations.ts";
import type { Settings } from "../../packages/worker/src/catalog/sections.ts";
import { createSecrets } from "../../packages/worker/src/secrets/secrets.ts";
import { createDestination } from "../../packages/worker/src/snapshots/destination.ts";
import { createScratchDatabase } from "../../packages/worker/src/snapshots/scratch.ts";
import { createSnapshotMarks } from "../../packages/worker/src/snapshots/snapshot-marks.ts";
import { createSnapshots, type Snapshots } from "../../packages/worker/src/snapshots/snapshots.ts";
import type { PageSource } from "../../packages/worker/src/snapshots/staged.ts";
import type { Scratch } from "../../packages/worker/src/snapshots/verify-snapshot.ts";
import { createBlobs } from "../../packages/worker/src/storage/blobs.ts";
import type { Database } from "../../packages/worker/src/storage/database.ts";
import { type Migration, migrate } from "../../packages/worker/src/storage/migrations.ts";
import { createWorkspace } from "../../packages/worker/src/storage/workspace.ts";
import { createTestDatabase } from "./database.ts";

/** A writable folder as workerd's `disk` service serves it. */
export interface FakeDisk {
  files: Map<string, Uint8Array>;
  fetcher: Fetcher;
  /** Called before each request; what it returns is the answer instead. */
  before: ((method: string, name: string) => Response | undefined | Promise<Response | undefined>) | undefined;
}

export function createFakeDisk(files = new Map<string, Uint8Array>()): FakeDisk {
  const disk: FakeDisk = { files, before: undefined, fetcher: undefined as unknown as Fetcher };
  const fetch = async (url: string, init: RequestInit = {}): Promise<Response> => {
    const name = new URL(url).pathname.slice(1);
    const method = init.method ?? "GET";
    const instead = await disk.before?.(method, name);
    if (instead) return instead;
    if (method === "PUT") {
      files.set(name, new Uint8Array(init.body as Uint8Array));
      return new Response(null, { status: 204 });
    }
    if (method === "DELETE") return new Response(null, { status: files.delete(name) ? 204 : 404 });
    const bytes = files.get(name);
    if (bytes) return new Response(new Uint8Array(bytes));
    const folder = name === "" || name.endsWith("/") ? name : `${name}/`;
    const entries = new Map<string, string>();
    for (const path of files.keys()) {
      if (!path.startsWith(folder)) continue;
      const [first = "", ...rest] = path.slice(folder.length).split("/");
      entries.set(first, rest.length > 0 ? "directory" : "file");
    }
    if (entries.size === 0) return new Response(null, { status: 404 });
    return Response.json([...entries].map(([entry, type]) => ({ name: entry, type })));
  };
  disk.fetcher = { fetch } as unknown as Fetcher;
  return disk;
}

export interface SnapshotWorld {
  db: Database;
  /** The snapshots' folder. */
  disk: FakeDisk;
  /** The attachments' folder. */
  attachments: FakeDisk;
  blobs: ReturnType<typeof createBlobs>;
  workspace: ReturnType<typeof createWorkspace>;
  snapshots: Snapshots;
  destination: ReturnType<typeof createDestination>;
  settings: Settings["snapshots"];
  restarts: number;
  /** What was said of the work while it went on. */
  announced: SnapshotJob[];
  clock: { now(): number; sleep(): Promise<void> };
  advance(ms: number): void;
  /** The id of a snapshot that was made and proved. Throws with the job's words when it was not. */
  made(): Promise<string>;
  /** A job's end, over the lives of the object. */
  settled(jobId: string): Promise<SnapshotJob>;
  /** Waits for a job and says how it ended. */
  ended(jobId: string): Promise<string>;
}

export interface WorldOptions {
  db?: Database;
  disk?: FakeDisk;
  attachments?: FakeDisk;
  migrations?: readonly Migration[];
  /** Stands before the assistant's database. */
  wrap?: (db: Database) => Database;
  /** Stands before the scratch's database. */
  wrapScratch?: (db: Database) => Database;
  now?: number;
}

export function createSnapshotWorld(options: WorldOptions = {}): SnapshotWorld {
  let now = options.now ?? Date.UTC(2026, 10, 28, 12);
  const clock = { now: () => now, sleep: async () => {} };
  const known = options.migrations ?? migrations;
  const plain = options.db ?? createTestDatabase();
  migrate(plain, known, clock);
  const db = options.wrap?.(plain) ?? plain;
  const disk = options.disk ?? createFakeDisk();
  const attachments = options.attachments ?? createFakeDisk();
  const blobs = createBlobs(attachments.fetcher, db, clock);
  const workspace = createWorkspace(db, clock);
  const secrets = createSecrets(db, clock);
  const settings: Settings["snapshots"] = { everyHours: 6, keep: { hourly: 24, daily: 7, weekly: 8 }, s3: null };
  const destination = createDestination({
    settings: () => settings,
    secrets,
    egress: { fetch: async () => new Response(null, { status: 500 }) },
    own: { binding: disk.fetcher, prefix: "" },
  });
  const world = {
    db: plain,
    disk,
    attachments,
    blobs,
    workspace,
    destination,
    settings,
    clock,
    restarts: 0,
    announced: [] as SnapshotJob[],
  } as SnapshotWorld;
  world.advance = (ms) => {
    now += ms;
  };
  const begin = () =>
    createSnapshots({
      ...{ db, clock, blobs, workspace, destination, version: "0.1.0" },
      log: { debug() {}, info() {}, warn() {}, error() {} },
      marks: createSnapshotMarks(db),
      settings: () => settings,
      scratch: createNodeScratch(known, clock, options.wrapScratch),
      announce: (job) => void (job && world.announced.push(job)),
      onActivity: () => {},
      // As the product does it: this life is over, and the next one says how the restore ended.
      onRestored: () => {
        world.restarts += 1;
        queueMicrotask(() => {
          world.snapshots = begin();
          try {
            world.snapshots.recover();
            for (const { again } of asking.splice(0)) again();
          } catch (error) {
            for (const { fail } of asking.splice(0)) fail(error);
          }
        });
      },
      nextAt: () => undefined,
    });
  world.snapshots = begin();
  const asking: { again(): void; fail(error: unknown): void }[] = [];
  world.settled = (jobId) =>
    new Promise((resolve, reject) => {
      const again = () => {
        asking.push({ again, fail: reject });
        world.snapshots.settled(jobId).then(resolve, reject);
      };
      again();
    });
  world.ended = async (jobId) => {
    const { state, outcome } = await world.settled(jobId);
    return `${state}: ${outcome}`;
  };
  world.made = async () => {
    const job = await world.snapshots.settled(world.snapshots.create("button"));
    if (job.state !== "done" || !job.snapshotId) throw new Error(`${job.state}: ${job.outcome}`);
    return job.snapshotId;
  };
  return world;
}

function createNodeScratch(
  known: readonly Migration[],
  clock: SnapshotWorld["clock"],
  wrap: (db: Database) => Database = (db) => db,
): Scratch & PageSource {
  let scratch = createScratchDatabase(wrap(createTestDatabase()), known, clock);
  return {
    begin: async (schema) => scratch.begin(schema),
    load: async (loads) => scratch.load(loads),
    digest: async (table, columns) => scratch.digest(table, columns),
    finish: async () => scratch.finish(),
    page: async (portion, after, most) => scratch.page(portion, after, most),
    clear: async () => {
      scratch = createScratchDatabase(wrap(createTestDatabase()), known, clock);
    },
  };
}

/** Every row of every table that a snapshot brings back, as text: equal texts mean equal assistants. */
export function dumpOf(
  db: Database,
  tables = ["sessions", "messages", "workspace_files", "workspace_chunks", "workspace_usage", "config", "marks", "blobs"],
): string {
  return tables
    .map(
      (table) =>
        `${table}\n${db
          .all(`SELECT * FROM ${table}`)
          .map((row) => JSON.stringify(Object.values(row).map(plain)))
          .sort()
          .join("\n")}`,
    )
    .join("\n");
}

const plain = (value: unknown) => (value instanceof ArrayBuffer ? Buffer.from(value).toString("base64") : value);

/** A conversation of `messages` rows, a few files, a setting. */
export function fillAssistant(world: Pick<SnapshotWorld, "db" | "workspace">, messages = 300): void {
  const { db, workspace } = world;
  db.run(
    "INSERT INTO sessions (key, session_id, title, created_at, updated_at, next_seq) VALUES ('agent:main:main', 's1', 'Tea', 1, 1, ?)",
    messages + 1,
  );
  for (let seq = 1; seq <= messages; seq += 1) addMessage(db, seq, `message ${seq} ${"lorem ipsum ".repeat(20)}`);
  db.run(
    "INSERT INTO config (section, value, version, changed_by, changed_at) VALUES ('agent', '{\"name\":\"Lobster\"}', 1, 't', 1)",
  );
  workspace.apply([
    { path: "MEMORY.md", content: new TextEncoder().encode("likes tea") },
    { path: "big.bin", content: new Uint8Array(1_100_000).fill(7) },
  ]);
}

export function addMessage(db: Database, seq: number, text: string): void {
  db.run(
    "INSERT INTO messages (id, session_key, revision, seq, role, body, created_at) VALUES (?, 'agent:main:main', 1, ?, 'user', ?, ?)",
    `msg_${String(seq).padStart(8, "0")}`,
    seq,
    JSON.stringify({ role: "user", content: text }),
    seq,
  );
}
