/** The doctor over a test database: everything is well until a test plants a fault. */

import type { PartFault } from "@moltworker/protocol/rows";
import type { SnapshotRow, SnapshotsState } from "@moltworker/protocol/snapshots";
import type { ChannelAccountRow } from "../../packages/protocol/src/channels.ts";
import type { ContainersReport } from "../../packages/protocol/src/containers.ts";
import type { BudgetStatus } from "../../packages/protocol/src/gateway.ts";
import type { Approval, ModelRow, ProviderStatus } from "../../packages/protocol/src/rows.ts";
import type { Gateway } from "../../packages/worker/src/ai-gateway/gateway.ts";
import { checks } from "../../packages/worker/src/catalog/checks.ts";
import { migrations } from "../../packages/worker/src/catalog/migrations.ts";
import { providers } from "../../packages/worker/src/catalog/providers.ts";
import { sections } from "../../packages/worker/src/catalog/sections.ts";
import { createConfig } from "../../packages/worker/src/config/config.ts";
import { createDoctor, type Doctor } from "../../packages/worker/src/doctor/doctor.ts";
import type { Seeds } from "../../packages/worker/src/env.ts";
import { type BuildWatch, createBuildWatch } from "../../packages/worker/src/platform/build.ts";
import { createLog } from "../../packages/worker/src/platform/log.ts";
import { createBlobs } from "../../packages/worker/src/storage/blobs.ts";
import type { Database } from "../../packages/worker/src/storage/database.ts";
import { createMarks } from "../../packages/worker/src/storage/marks.ts";
import { migrate } from "../../packages/worker/src/storage/migrations.ts";
import { createTestDatabase } from "./database.ts";
import { createTestClock, type TestClock } from "./identity.ts";

export interface DoctorWorld {
  doctor: Doctor;
  db: Database;
  clock: TestClock;
  /** What the providers say; a test replaces it. */
  statuses: ProviderStatus[];
  models: ModelRow[];
  /** What a probe of a provider throws. */
  proofs: Map<string, Error>;
  pending: Approval[];
  channels: ChannelAccountRow[];
  budgets: Omit<BudgetStatus, "label">[];
  suspended: boolean;
  builds: BuildWatch;
  rearmed: number;
  faults: PartFault[];
  snapshots: SnapshotsState;
  containers: ContainersReport;
  /** What an Access team publishes. */
  teamKeys: string;
  /** Files by path; `broken` makes the disk refuse. */
  disk: { stored: Map<string, Uint8Array>; broken: boolean; garbled: boolean };
}

export const goodStatus: ProviderStatus = {
  id: "openai",
  label: "OpenAI",
  keyUrl: null,
  needsKey: true,
  baseUrl: "https://api.openai.com/v1",
  baseUrlEditable: true,
  keySource: "typed",
  state: "ready",
};

const goodModel = { ref: "openai/gpt-5", provider: "openai", id: "gpt-5" } as ModelRow;

const noContainers: ContainersReport = {
  available: false,
  engine: "docker",
  engineVersion: null,
  cause: "no engine",
  cure: "Install one.",
  containers: [],
};

/** `stored` are config rows as they lie in the database, valid or not. */
export function createDoctorWorld(
  given: { seeds?: Seeds; unused?: string[]; stored?: Record<string, string>; defaultModel?: string } = {},
): DoctorWorld {
  const db = createTestDatabase();
  const clock = createTestClock();
  migrate(db, migrations, clock);
  for (const [section, value] of Object.entries(given.stored ?? {}))
    db.run("INSERT INTO config (section, value, version, changed_by, changed_at) VALUES (?, ?, 1, 'test', 0)", section, value);
  const seeds = given.seeds ?? {};
  const config = createConfig({ sections, db, clock, log: createLog(() => {}), seeds });
  const world: Omit<DoctorWorld, "doctor"> = {
    db,
    clock,
    statuses: [goodStatus],
    models: [goodModel],
    proofs: new Map(),
    pending: [],
    channels: [],
    budgets: [],
    suspended: false,
    builds: createBuildWatch({ id: "abc", version: "1.2.3", builtAt: "2026-11-28T00:00:00.000Z" }),
    rearmed: 0,
    faults: [],
    snapshots: goodSnapshots(clock.now()),
    containers: { ...noContainers },
    teamKeys: '{"keys":[{}]}',
    disk: { stored: new Map(), broken: false, garbled: false },
  };
  const doctor = createDoctor({
    checks,
    version: "1.2.3",
    clock,
    db,
    marks: createMarks(db),
    containers: { report: async () => world.containers },
    blobs: createBlobs(fakeDisk(world.disk), db, clock),
    config,
    secrets: { get: () => "a-token" },
    egress: { fetch: async (url) => new Response(world.teamKeys, { status: String(url).includes("gone") ? 404 : 200 }) },
    models: fakeModels(world, given.defaultModel ?? goodModel.ref),
    providers,
    budgets: () => world.budgets,
    approvals: { pending: () => world.pending },
    channels: { status: async () => world.channels },
    runner: suspendedAs(world),
    seeds,
    unusedVariables: given.unused ?? [],
    paddedVariables: [],
    builds: world.builds,
    rearm: () => {
      world.rearmed += 1;
    },
    faults: () => world.faults,
    snapshots: { state: async () => world.snapshots },
  });
  return Object.assign(world, { doctor });
}

function fakeModels(world: Omit<DoctorWorld, "doctor">, defaultModel: string): Gateway {
  const models: Pick<Gateway, "settled" | "defaultModel" | "providerStatuses" | "listModels" | "prove"> = {
    settled: async () => {},
    defaultModel: () => defaultModel,
    providerStatuses: () => world.statuses,
    listModels: () => world.models,
    prove: async (id) => {
      const error = world.proofs.get(id);
      if (error) throw error;
    },
  };
  return models as Gateway;
}

const suspendedAs = (world: { suspended: boolean }) => ({
  get suspended() {
    return world.suspended;
  },
});

function fakeDisk(disk: DoctorWorld["disk"]): Fetcher {
  return {
    fetch: async (input: string, init: RequestInit = {}) => {
      if (disk.broken) return new Response(null, { status: 500 });
      const { pathname } = new URL(input);
      if (init.method === "PUT") disk.stored.set(pathname, new Uint8Array(await new Response(init.body).arrayBuffer()));
      if (init.method === "DELETE") return new Response(null, { status: disk.stored.delete(pathname) ? 204 : 404 });
      const bytes = disk.stored.get(pathname);
      if (!bytes || init.method === "PUT") return new Response(null, { status: bytes ? 200 : 404 });
      return new Response(disk.garbled ? bytes.slice(1) : bytes);
    },
  } as unknown as Fetcher;
}

function goodSnapshots(now: number): SnapshotsState {
  const row: SnapshotRow = {
    ...{ id: "snap_1", state: "verified", createdAt: now - 3_600_000, reason: "schedule", version: "1.2.3", rows: 10 },
    ...{ bytes: 1_000, encrypted: false, verifiedAt: now - 3_600_000, error: null, kept: true },
  };
  return {
    place: "the snapshot folder",
    encrypted: false,
    snapshots: [row],
    jobs: [],
    undo: null,
    shrink: null,
    nextAt: null,
    error: null,
  };
}
