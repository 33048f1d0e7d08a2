import type { ContainerInfo } from "@moltworker/protocol/containers";
import { MoltError } from "@moltworker/protocol/errors";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createTestDatabase } from "../../../../../tests/support/database.ts";
import { systemClock } from "../../platform/clock.ts";
import type { Log } from "../../platform/log.ts";
import { migrate } from "../../storage/migrations.ts";
import type { Containers } from "../containers.ts";
import type { FrontState } from "./front.ts";
import type { HomeRow, Homes } from "./homes.ts";
import { createHosted, type Hosted } from "./hosted.ts";
import { createHostedRows } from "./hosted-row.ts";
import { hostedMigration } from "./schema.ts";

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} } as unknown as Log;

/** A front in memory: one generation at a time. */
let generation: number;
let phase: FrontState["phase"];
let homePhase: FrontState["home"]["phase"];
let hangs: boolean;
let asked: string[];
let versions: string[];
let refusesVersion: string | undefined;
let settings: { version: string; idleMinutes: number };
let homes: HomeRow[];
let reason: ContainerInfo["reason"];
/** How long the engine takes to make a container. */
let slowMs: number;
let hosted: Hosted;

const state = () => ({ phase, reason: null, settings: null, lines: [], home: { phase: homePhase, files: 0 }, sockets: 0 });

const containers = {
  async ensure() {
    if (generation > 0) return generation;
    if (slowMs > 0) await new Promise((resolve) => setTimeout(resolve, slowMs));
    [generation, phase, homePhase] = [versions.push(hosted.version()), "idle", "empty"];
    return generation;
  },
  report: async () => ({
    containers: [
      { id: "moltbot", state: generation > 0 ? "ready" : "stopped", generation, waiting: null, reason } as ContainerInfo,
    ],
  }),
  async fetch(_id: string, wanted: number, path: string) {
    if (hangs) return new Promise<Response>(() => {});
    if (wanted !== generation) throw new MoltError("CONTAINER_STALE");
    const verb = path.replace("/moltworker/", "");
    asked.push(verb);
    if (verb === "restore") homePhase = "restored";
    if (verb === "start") phase = refusesVersion === hosted.version() ? "failed" : "ready";
    if (verb === "stop") phase = "stopped";
    if (verb === "save") return new Response(`{"type":"same"}\n`);
    return Response.json(state());
  },
  async stop() {
    generation = 0;
  },
  async remove() {
    generation = 0;
  },
  lines: async () => [],
} as unknown as Containers;

beforeEach(() => {
  vi.useFakeTimers();
  [generation, phase, homePhase, hangs, asked, versions, homes] = [0, "idle", "empty", false, [], [], []];
  [refusesVersion, reason, slowMs] = [undefined, null, 0];
  settings = { version: "2026.9.6", idleMinutes: 0 };
  const db = createTestDatabase();
  migrate(db, [hostedMigration], systemClock);
  hosted = createHosted({
    containers,
    homes: {
      list: () => homes,
      newestFor: () => homes[0],
      async keep(lines: AsyncIterable<unknown>) {
        for await (const _ of lines);
      },
      chunksOf: () => [],
      read: () => new Response("{}").body,
      judge: () => undefined,
      prune: async () => undefined,
    } as unknown as Homes,
    rows: createHostedRows(db),
    clock: systemClock,
    log: silent,
    isWanted: () => true,
    settings: () => ({ ...settings, memoryMiB: 1, cpus: 1, processes: 1, diskMiB: 1, config: {} }),
    config: () => ({ managed: {}, defaults: {} }),
  });
});
afterEach(() => vi.useRealTimers());

const settled = async <Value>(work: Promise<Value>, ms = 10_000): Promise<Value> => {
  work.catch(() => undefined);
  await vi.advanceTimersByTimeAsync(ms);
  return work;
};
const shown = () => hosted.overlay({ id: "moltbot", state: "ready", stage: null, waiting: null } as unknown as ContainerInfo);

describe("a start", () => {
  it("restores the home before the gateway begins", async () => {
    expect(await settled(hosted.start())).toBe(1);
    expect(asked.filter((verb) => verb !== "state")).toEqual(["restore", "start"]);
    expect(hosted.ready()?.generation).toBe(1);
  });

  it("of a version that fails gives way to the one that ran, and says so", async () => {
    await settled(hosted.start());
    await settled(hosted.settle("before an upgrade"));
    await containers.stop("moltbot");
    homes = [{ id: "h", version: "2026.9.5" } as HomeRow];
    [settings.version, refusesVersion] = ["2026.10.1", "2026.10.1"];
    expect(await settled(hosted.start())).toBeGreaterThan(1);
    expect([hosted.version(), versions.at(-1)]).toEqual(["2026.9.6", "2026.9.6"]);
    expect(shown().waiting).toMatch(/OpenClaw 2026\.10\.1 did not start .*2026\.9\.6 runs, with its own home/);
  });
});

describe("a gateway that ends", () => {
  it("is started anew, at most three times in ten minutes; then it says why not", async () => {
    await settled(hosted.start());
    for (let time = 1; time <= 3; time += 1) {
      phase = "ended";
      await settled(hosted.tick());
      expect([time, hosted.ready() !== undefined]).toEqual([time, true]);
    }
    phase = "ended";
    await settled(hosted.tick());
    expect([hosted.ready(), shown().state]).toEqual([undefined, "failed"]);
    expect(shown().reason?.cure).toMatch(/./);
    // Nobody is needed but a person who tries again.
    hosted.wake();
    await settled(Promise.resolve());
    expect(hosted.ready()).toBeUndefined();
    await settled(hosted.start());
    expect(hosted.ready()).toBeDefined();
  });
});

describe("a container that was killed", () => {
  const dead = () => hosted.overlay({ id: "moltbot", state: "failed", stage: null, waiting: null, reason } as ContainerInfo);

  it("is shown with its cause and as starting again, before that is noticed and while it does", async () => {
    await settled(hosted.start());
    reason = { cause: "the container ran out of memory (512 MiB)" } as ContainerInfo["reason"];
    generation = 0;
    const again = { state: "starting", waiting: "the container ran out of memory (512 MiB); it is started again by itself" };
    expect(dead()).toMatchObject(again);
    slowMs = 5_000;
    await settled(hosted.tick(), 3_000);
    expect(hosted.ready()).toBeUndefined();
    expect(dead()).toMatchObject(again);
    await settled(Promise.resolve());
    expect([hosted.ready() !== undefined, shown().waiting]).toEqual([true, null]);
  });

  it("that somebody stopped stays so until it is used", async () => {
    await settled(hosted.start());
    await settled(hosted.settle("before it was stopped"));
    await containers.stop("moltbot");
    hosted.rest();
    await settled(hosted.tick());
    expect(generation).toBe(0);
    hosted.wake();
    await settled(Promise.resolve());
    expect(hosted.ready()).toBeDefined();
  });
});

describe("a container that hangs", () => {
  it("is not waited for: what it would save was saved before", async () => {
    await settled(hosted.start());
    hangs = true;
    // A save waits for it already.
    void hosted.tick();
    const began = Date.now();
    const settling = hosted.settle("before a restart").then((answers) => [answers, Date.now() - began]);
    expect(await settled(settling)).toEqual([false, 4_000]);
  });
});

describe("sleep", () => {
  it("comes after its idle time, with the home saved, and the next touch wakes it", async () => {
    settings.idleMinutes = 5;
    await settled(hosted.start());
    hosted.touched();
    await settled(hosted.tick(), 4 * 60_000);
    expect(generation).toBe(1);
    asked = [];
    await vi.advanceTimersByTimeAsync(2 * 60_000);
    await settled(hosted.tick());
    expect([generation, asked.includes("save"), hosted.ready()]).toEqual([0, true, undefined]);
    await settled(hosted.tick());
    expect(generation).toBe(0);
    hosted.wake();
    await settled(Promise.resolve());
    expect(hosted.ready()).toBeDefined();
  });
});
