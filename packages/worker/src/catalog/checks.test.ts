import type { ChannelAccountRow } from "@moltworker/protocol/channels";
import type { ContainerInfo } from "@moltworker/protocol/containers";
import { type ErrorCode, errorTable, errorToWire, MoltError } from "@moltworker/protocol/errors";
import type { Approval } from "@moltworker/protocol/rows";
import { describe, expect, it } from "vitest";
import { createDoctorWorld, type DoctorWorld, goodStatus } from "../../../../tests/support/doctor.ts";
import { checks } from "./checks.ts";

/** Everything that is not well: `id: verdict code`. */
async function found(world: DoctorWorld, options: { probe?: boolean; now?: number } = {}): Promise<string[]> {
  const report = await world.doctor.run(options);
  expect(report.checks.map((check) => check.id)).toEqual(checks.map((check) => check.id));
  const troubles = report.checks.filter(({ verdict }) => verdict === "warn" || verdict === "fail");
  expect(report.ok).toBe(troubles.every(({ verdict }) => verdict === "warn"));
  for (const trouble of troubles) {
    expect(trouble.cause, trouble.id).toMatch(/^\S[^\n]+$/);
    expect(trouble.cure?.text, trouble.id).toMatch(/\.$/);
    expect(errorTable[trouble.code as ErrorCode]).toBeDefined();
  }
  return troubles.map(({ id, verdict, code }) => `${id}: ${verdict} ${code}`);
}

const trouble = (code: ErrorCode) => ({ code, message: `the provider said ${code}`, hint: "Do this.", at: 0 });
const insertRun = (world: DoctorWorld, row: { state: string; error?: object; session?: string; at?: number }) =>
  world.db.run(
    "INSERT INTO runs (id, session_key, channel, principal, state, created_at, started_at, ended_at, error) VALUES (?, ?, 'web', '{}', ?, ?, ?, ?, ?)",
    `run_${Math.random()}`,
    row.session ?? "agent:main:main",
    row.state,
    row.at ?? world.clock.now(),
    row.at ?? world.clock.now(),
    row.state === "failed" ? (row.at ?? world.clock.now()) : null,
    row.error ? JSON.stringify(row.error) : null,
  );

/** An engine with one container, healthy but for what is given. */
function hasContainer(world: DoctorWorld, over: Partial<ContainerInfo>): void {
  const image = "moltworker-sandbox:0123456789abcdef";
  const sandbox: ContainerInfo = {
    ...{ id: "sandbox", title: "Sandbox", state: "ready", stage: null, generation: 3, since: 1, lastUsedAt: 1, reason: null },
    ...{ runningImage: image, wantedImage: image, waiting: null, jobs: 0, allow: [] },
    limits: { memoryMiB: 512, cpus: 1, processes: 64, diskMiB: 512 },
    ...over,
  };
  Object.assign(world.containers, {
    available: true,
    engineVersion: "29.0.0",
    cause: null,
    cure: null,
    containers: [sandbox],
  });
}

const accessSeeds = (team: string) => ({ CF_ACCESS_TEAM_DOMAIN: team, CF_ACCESS_AUD: "a".repeat(64) });

describe("the catalog of checks", () => {
  it.each(checks.map((check) => [check.id, check] as const))("%s keeps to the contract", (id, check) => {
    expect(id).toMatch(/^[a-z]+(-[a-z]+)*$/);
    expect(check.about).toMatch(/\.$/);
  });

  it("raises no false alarm", async () => {
    const world = createDoctorWorld({
      seeds: { OPENAI_API_KEY: "sk-live", MOLTBOT_GATEWAY_TOKEN: "a".repeat(64), ...accessSeeds("molt") },
    });
    insertRun(world, { state: "running" });
    expect(await found(world, { now: world.clock.now() })).toEqual([]);
    expect(await found(world, { probe: true })).toEqual([]);
  });
});

const throughCloudflare = {
  stored: { gateway: JSON.stringify({ mode: "cloudflare", cloudflare: { account: "0".repeat(32) } }) },
};

const faults: [
  string,
  Parameters<typeof createDoctorWorld>[0],
  (world: DoctorWorld) => unknown,
  { probe?: boolean; now?: number },
][] = [
  [
    "build: warn VERSION_BEHIND",
    {},
    (world) => world.builds.saw({ id: "def", version: "1.2.4", builtAt: "2026-11-29T00:00:00.000Z", by: "files" }),
    {},
  ],
  ["blobs: fail DATA_NOT_WRITABLE", {}, (world) => Object.assign(world.disk, { broken: true }), {}],
  [
    "snapshots: fail SNAPSHOT_STORE",
    {},
    (world) =>
      Object.assign(world.snapshots, { error: { code: "SNAPSHOT_STORE", message: "the disk is full", hint: "Free space." } }),
    {},
  ],
  ["snapshots: warn NOT_FOUND", {}, (world) => Object.assign(world.snapshots, { snapshots: [], nextAt: 0 }), {}],
  [
    "snapshots: warn SNAPSHOT_DAMAGED",
    {},
    (world) => Object.assign(world.snapshots.snapshots[0] ?? {}, { state: "damaged", error: "an object is missing" }),
    {},
  ],
  [
    "snapshots: warn CONFLICT",
    {},
    (world) =>
      Object.assign(world.snapshots, { shrink: { id: "s", before: { id: "b", rows: 9, bytes: 9 }, now: { rows: 1, bytes: 1 } } }),
    {},
  ],
  [
    "quarantine: warn STORAGE_CORRUPT",
    {},
    (world) =>
      world.db.run(
        "INSERT INTO quarantine (id, source, name, why, content, at) VALUES ('q', 'messages', 'm', 'no JSON', '{', 1)",
      ),
    {},
  ],
  [
    "parts: fail INTERNAL",
    {},
    (world) => world.faults.push({ part: "telegram", during: "start", message: "token rejected", at: 1 }),
    {},
  ],
  ["blobs: fail DATA_NOT_WRITABLE", {}, (world) => Object.assign(world.disk, { garbled: true }), {}],
  [
    "containers: warn CONTAINER_STALE",
    {},
    (world) => hasContainer(world, { runningImage: "moltworker-sandbox:old", wantedImage: "moltworker-sandbox:new" }),
    {},
  ],
  [
    "containers: warn CONTAINER_STALE",
    {},
    (world) => hasContainer(world, { waiting: "other limits, once the command has ended" }),
    {},
  ],
  [
    "containers: warn CONTAINER_FAILED",
    {},
    (world) => hasContainer(world, { state: "starting", waiting: "it was ended by signal 9; it is started again by itself" }),
    {},
  ],
  [
    "containers: warn CONTAINER_CREDENTIAL_MISSING",
    {},
    (world) => {
      hasContainer(world, {});
      world.containers.credentials = [{ host: "api.github.com", header: "authorization", scheme: "Bearer", isSet: false }];
    },
    {},
  ],
  [
    "containers: warn CONTAINER_FAILED",
    {},
    (world) =>
      hasContainer(world, {
        state: "failed",
        reason: {
          code: "CONTAINER_FAILED",
          cause: "it ran out of memory",
          cure: "Give it more.",
          exitCode: 137,
          outOfMemory: true,
          lines: [],
          at: 1,
        },
      }),
    {},
  ],
  ["channels: fail CHANNEL_TOKEN_REJECTED", {}, (world) => channelSays(world, "failed", "CHANNEL_TOKEN_REJECTED"), {}],
  ["channels: warn CHANNEL_CONFLICT", {}, (world) => channelSays(world, "degraded", "CHANNEL_CONFLICT"), {}],
  ["channels: warn CHANNEL_WEBHOOK_FAILING", {}, (world) => channelSays(world, "degraded", "CHANNEL_WEBHOOK_FAILING"), {}],
  ["channels: warn CHANNEL_UNKNOWN", {}, (world) => channelSays(world, "ready"), {}],
  [
    "storage: fail DATA_NOT_WRITABLE",
    {},
    (world) => world.db.run("CREATE TRIGGER full BEFORE INSERT ON marks BEGIN SELECT RAISE(ABORT, 'disk is full'); END"),
    {},
  ],
  ["config: fail CONFIG_INVALID", { stored: { agent: '{"maxSteps":"many"}' } }, () => {}, {}],
  ["config: fail CONFIG_INVALID", { stored: { agent: "not JSON" } }, () => {}, {}],
  ["config: warn CONFIG_INVALID", { stored: { agent: '{"dm":1}' } }, () => {}, {}],
  ["config: fail CONFIG_INVALID", { seeds: { MOLTWORKER_MODEL: "x" } }, () => {}, {}],
  ["variables: warn CONFIG_INVALID", { seeds: { MOLTBOT_GATEWAY_TOKEN: `12345678:${"A".repeat(35)}` } }, () => {}, {}],
  ["variables: warn CONFIG_INVALID", { seeds: { MOLTBOT_GATEWAY_TOKEN: "sk-ant-api03-x" } }, () => {}, {}],
  ["variables: warn CONFIG_INVALID", { seeds: { OPENAI_API_KEY: "sk-ant-api03-x" } }, () => {}, {}],
  ["variables: warn CONFIG_INVALID", { seeds: { OPENAI_BASE_URL: "localhost" } }, () => {}, {}],
  ["variables: warn CONFIG_INVALID", { seeds: { DEV_MODE: "true" } as object }, () => {}, {}],
  ["variables: warn CONFIG_INVALID", { unused: ["CDP_SECRET"] }, () => {}, {}],
  ["access-team: fail ACCESS_JWT_INVALID", { seeds: { CF_ACCESS_TEAM_DOMAIN: "molt" } }, () => {}, {}],
  ["access-team: fail ACCESS_JWT_INVALID", { seeds: { CF_ACCESS_AUD: "a".repeat(64) } }, () => {}, {}],
  ["access-team: fail ACCESS_JWT_INVALID", { seeds: accessSeeds("gone") }, () => {}, {}],
  [
    "access-team: fail ACCESS_JWT_INVALID",
    { seeds: accessSeeds("molt") },
    (world) => Object.assign(world, { teamKeys: "<html>" }),
    {},
  ],
  [
    "access-team: fail ACCESS_JWT_INVALID",
    { seeds: accessSeeds("molt") },
    (world) => Object.assign(world, { teamKeys: '{"keys":[]}' }),
    {},
  ],
  ["stop: fail SUSPENDED", {}, (world) => Object.assign(world, { suspended: true }), {}],
  ["provider-key: fail PROVIDER_KEY_REJECTED", {}, (world) => says(world, "PROVIDER_KEY_REJECTED", "rejected"), {}],
  ["provider-quota: fail PROVIDER_QUOTA", {}, (world) => says(world, "PROVIDER_QUOTA"), {}],
  ["provider-quota: warn PROVIDER_RATE_LIMITED", {}, (world) => says(world, "PROVIDER_RATE_LIMITED"), {}],
  ["provider-reachable: fail PROVIDER_UNAVAILABLE", {}, (world) => says(world, "PROVIDER_UNAVAILABLE"), {}],
  ["provider-reachable: fail PROVIDER_UNAVAILABLE", {}, (world) => says(world, undefined, "unreachable"), {}],
  ["provider-key: fail PROVIDER_KEY_REJECTED", {}, (world) => throwsOnProbe(world, "PROVIDER_KEY_REJECTED"), { probe: true }],
  ["provider-reachable: fail PROVIDER_TIMEOUT", {}, (world) => throwsOnProbe(world, "PROVIDER_TIMEOUT"), { probe: true }],
  [
    "managed-gateway: fail PROVIDER_KEY_REJECTED",
    throughCloudflare,
    (world) => Object.assign(world, { teamKeys: '{"internalCode":2009}' }),
    { probe: true },
  ],
  [
    "managed-gateway: fail NOT_FOUND",
    throughCloudflare,
    (world) => Object.assign(world, { teamKeys: '{"internalCode":2001}' }),
    { probe: true },
  ],
  ["model: fail MODEL_UNKNOWN", { stored: { agent: '{"model":"nobody/none"}' } }, () => {}, {}],
  [
    "model: fail MODEL_UNKNOWN",
    { stored: { agent: '{"model":"openai/gpt-5"}', providers: '{"openai":{"enabled":false}}' } },
    () => {},
    {},
  ],
  [
    "model: fail PROVIDER_KEY_MISSING",
    { stored: { agent: '{"model":"openai/gpt-5"}' } },
    (world) => says(world, undefined, "no-key"),
    {},
  ],
  ["model: fail MODEL_UNKNOWN", {}, lastCallSaidUnknown, {}],
  ["model: warn MODEL_UNKNOWN", { defaultModel: "openai/next" }, () => {}, {}],
  ["budgets: warn BUDGET_EXCEEDED", {}, (world) => world.budgets.push({ ...freshBudget, step: "stop" }), {}],
  [
    "budgets: warn CONFIG_INVALID",
    { stored: { limits: '{"budgets":{"day":{"scope":"all","per":"day","usd":5}}}' } },
    (world) => Object.assign(world.models[0] as object, { price: null }),
    {},
  ],
  ["gateway-log: warn DISK_FULL", { stored: { limits: '{"log":{"maxRows":100}}' } }, fullLog, {}],
  ["approvals: warn UNAVAILABLE", {}, (world) => world.pending.push({ request: { sessionKey: "s" } } as Approval), {}],
  ["runs: warn TIMEOUT", {}, (world) => insertRun(world, { state: "running", at: world.clock.now() - 3_600_000 }), {}],
  [
    "runs: warn RUN_CRASHED",
    {},
    (world) => insertRun(world, { state: "failed", error: { details: { code: "RUN_CRASHED" } } }),
    {},
  ],
  ["alarm: fail TIMEOUT", {}, overdueTimer, {}],
  ["clock: warn CLOCK_SKEWED", {}, () => {}, { now: Date.UTC(2026, 0, 1) - 60_000 }],
  ["clock: fail CLOCK_SKEWED", {}, () => {}, { now: Date.UTC(2026, 0, 1) + 600_000 }],
];

describe("each fault is named by its own check alone", () => {
  it.each(faults)("%s %j", async (expected, given, plant, options) => {
    const world = createDoctorWorld(given);
    plant(world);
    expect(await found(world, options)).toEqual([expected]);
  });

  it("says that only the demo answers", async () => {
    const world = createDoctorWorld({ defaultModel: "openai/gpt-5" });
    world.statuses = [];
    expect(await found(world)).toEqual(["provider-key: warn PROVIDER_KEY_MISSING"]);
  });

  it("takes a fault of another provider for less than one of the default's", async () => {
    const world = createDoctorWorld();
    world.statuses = [
      goodStatus,
      { ...goodStatus, id: "xai", label: "xAI", state: "rejected", lastError: trouble("PROVIDER_KEY_REJECTED") },
    ];
    expect(await found(world)).toEqual(["provider-key: warn PROVIDER_KEY_REJECTED"]);
  });

  it("does not call a run stuck that stands still on purpose", async () => {
    const world = createDoctorWorld();
    const old = world.clock.now() - 3_600_000;
    insertRun(world, { state: "waiting", at: old });
    insertRun(world, { state: "queued", at: old });
    expect(await found(world)).toEqual([]);
  });

  it("never repeats a secret", async () => {
    const secret = `12345678:${"A".repeat(35)}`;
    const world = createDoctorWorld({ seeds: { MOLTBOT_GATEWAY_TOKEN: secret, OPENAI_API_KEY: secret } });
    const report = await world.doctor.run();
    expect(JSON.stringify(report)).not.toContain(secret);
  });
});

describe("curing", () => {
  it("drops what is invalid in a section and lets the rest hold again", async () => {
    const stored = { agent: '{"name":"Ada","maxSteps":"many","dm":1}', providers: '{"openai":{"baseUrl":"nowhere"}}' };
    const world = createDoctorWorld({ stored });
    const { check, done } = await world.doctor.fix("config");
    expect(check.verdict).toBe("ok");
    expect(done).toContain("agent.maxSteps");
    const rows = world.db.all<{ section: string; value: string }>("SELECT section, value FROM config ORDER BY section");
    expect(rows).toEqual([
      { section: "agent", value: '{"name":"Ada"}' },
      { section: "providers", value: '{"openai":{}}' },
    ]);
  });

  it("sets the alarm anew", async () => {
    const world = createDoctorWorld();
    overdueTimer(world);
    await world.doctor.fix("alarm");
    expect(world.rearmed).toBe(1);
  });

  it.each(["stop", "storage"])("refuses to cure %s: that is a person's", async (id) => {
    const world = createDoctorWorld();
    world.suspended = true;
    await expect(world.doctor.fix(id)).rejects.toMatchObject({ code: "CONFLICT" });
  });

  it("knows no other checks", async () => {
    const { doctor } = createDoctorWorld();
    await expect(doctor.fix("nothing")).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(doctor.run({ ids: ["nothing"] })).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect((await doctor.run({ ids: ["stop"] })).checks.map(({ id }) => id)).toEqual(["stop"]);
  });

  it("takes a check that breaks for a failed check", async () => {
    const world = createDoctorWorld();
    world.db.run("DROP TABLE timers");
    expect(await found(world)).toEqual(["alarm: fail INTERNAL"]);
  });
});

const freshBudget = {
  id: "day",
  name: "$5 a day",
  scope: "all",
  part: "",
  per: "day" as const,
  limitUsd: 5,
  spentUsd: 5,
  reservedUsd: 0,
  resetsAt: 1,
  step: "ok" as const,
};

function fullLog(world: DoctorWorld): void {
  const { db } = world;
  for (let at = 0; at < 99; at += 1)
    db.run(
      `INSERT INTO gateway_calls (id, at, tenant, provider, model, endpoint, stream, status, cache, step, attempts, input_tokens,
         output_tokens, cache_read, cache_write, reasoning_tokens, reserved, custom_cost, estimated, duration_ms, metadata, size)
       VALUES (?, 0, 'owner', 'openai', 'm', 'run', 1, 200, 'MISS', 0, '[]', 0, 0, 0, 0, 0, 0, 0, 0, 1, '{}', 1)`,
      String(at),
    );
}

function says(world: DoctorWorld, code: ErrorCode | undefined, state: typeof goodStatus.state = "ready"): void {
  world.statuses = [{ ...goodStatus, state, ...(code ? { lastError: trouble(code) } : {}) }];
}

/** One account in that state; without a code it has a dead letter. */
function channelSays(world: DoctorWorld, state: ChannelAccountRow["state"], code?: ErrorCode): void {
  const error = code ? errorToWire(new MoltError(code)) : null;
  const row = { channel: "telegram", accountId: "default", enabled: true, configured: true, handle: null, mode: null };
  world.channels = [{ ...row, state, error, sends: { waiting: 0, unknown: 0, dead: 1 } } as ChannelAccountRow];
}

function throwsOnProbe(world: DoctorWorld, code: ErrorCode): void {
  world.proofs.set("openai", new MoltError(code));
}

function lastCallSaidUnknown(world: DoctorWorld): void {
  world.db.run(
    `INSERT INTO model_calls (id, run_id, session_key, step, attempt, provider, model, outcome, input_tokens, output_tokens, cache_read,
       cache_write, reasoning_tokens, estimated, started_at, duration_ms)
     VALUES ('mc', 'run', 's', 0, 1, 'openai', 'gpt-5', 'MODEL_UNKNOWN', 0, 0, 0, 0, 0, 0, 1, 1)`,
  );
}

function overdueTimer(world: DoctorWorld): void {
  world.db.run("INSERT INTO timers (name, due_at) VALUES ('prune', ?)", world.clock.now() - 600_000);
}
