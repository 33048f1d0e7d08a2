import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createTestDatabase } from "../../../../tests/support/database.ts";
import { type FakeContainer, fakeContainer } from "../../../../tests/support/fake-container.ts";
import { systemClock } from "../platform/clock.ts";
import type { Log } from "../platform/log.ts";
import { createRowStore } from "./container-row.ts";
import type { ContainerSpec } from "./container-spec.ts";
import { createLifecycle, type Lifecycle } from "./lifecycle.ts";
import { sandboxSpec } from "./sandbox/sandbox-spec.ts";

const settings = { memoryMiB: 512, cpus: 1, processes: 100, diskMiB: 64, idleMinutes: 10, allow: [], credentials: [] };
const spec: ContainerSpec = sandboxSpec(settings);
const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} } as unknown as Log;

let fake: FakeContainer;
let db: ReturnType<typeof createTestDatabase>;
let wakes: number[];
/** How often the one it works for was told that it ended by itself. */
let told: number;
let lifecycle: Lifecycle;
/** A life of the object on the same row and the same engine. */
const born = () =>
  createLifecycle({
    store: createRowStore(db, async () => undefined),
    engine: fake.engine,
    host: fake.host,
    clock: systemClock,
    log: silent,
    startOver: (reason) => {
      throw new Error(reason);
    },
    wayOut: () => ({}) as Fetcher,
    wakeAt: (dueAt) => void wakes.push(dueAt),
    endedByItself: () => {
      told += 1;
    },
  });
/** Time passes, with the alarms that it asks for. */
async function pass(ms: number): Promise<void> {
  const until = Date.now() + ms;
  while (wakes.length > 0 && Math.min(...wakes) <= until) {
    const due = Math.min(...wakes);
    wakes = [];
    await vi.advanceTimersByTimeAsync(Math.max(0, due - Date.now()));
    const ticking = lifecycle.tick();
    await vi.advanceTimersByTimeAsync(6_000);
    await ticking;
  }
  await vi.advanceTimersByTimeAsync(Math.max(0, until - Date.now()));
}
/** Settles with what it ends in, while time goes on. */
async function ending<Value>(work: Promise<Value>, ms = 70_000): Promise<Value> {
  work.catch(() => undefined);
  await vi.advanceTimersByTimeAsync(ms);
  return work;
}
const state = () => lifecycle.row().state;

beforeEach(() => {
  vi.useFakeTimers();
  [fake, db, wakes, told] = [fakeContainer(), createTestDatabase(), [], 0];
  lifecycle = born();
});
afterEach(() => vi.useRealTimers());

describe("ready", () => {
  it("is an answer with the wanted generation, from one start to the next", async () => {
    expect(await lifecycle.ensure(spec)).toBe(1);
    await lifecycle.stop("asked");
    expect(await lifecycle.ensure(spec)).toBe(2);
    expect(fake.starts.map(({ env }) => env.MOLTWORKER_GENERATION)).toEqual(["1", "2"]);
    const secrets = fake.starts.map(({ env }) => env.MOLTWORKER_GENERATION_SECRET);
    expect(new Set(secrets).size).toBe(2);
  });

  it("is not an older process that holds the port", async () => {
    const start = fake.engine.start;
    fake.engine.start = (order) => {
      start(order);
      if (fake.running) fake.running.generation = 41;
    };
    await expect(ending(lifecycle.ensure(spec))).rejects.toMatchObject({
      code: "CONTAINER_FAILED",
      message: "the container did not become ready within 60 seconds",
    });
    expect([state(), fake.running]).toEqual(["failed", undefined]);
  });

  it("is tried a second time where the engine failed, and not a third", async () => {
    fake.failures = ["Container failed to start: no space"];
    expect(await ending(lifecycle.ensure(spec), 1_000)).toBe(2);
    await lifecycle.stop("asked");
    fake.failures = ["Container failed to start: no space", "Container failed to start: no space"];
    await expect(ending(lifecycle.ensure(spec), 1_000)).rejects.toThrow(/could not be started.*no space/);
    expect(state()).toBe("failed");
  });
});

describe("it sleeps", () => {
  it("after its idle time, and wakes with the next use", async () => {
    await lifecycle.ensure(spec);
    await pass(spec.idleMs - 30_000);
    expect(state()).toBe("ready");
    await pass(60_000);
    expect([state(), fake.running, lifecycle.row().reason]).toEqual(["stopped", undefined, null]);
    expect(wakes).toEqual([]);
    expect(await lifecycle.ensure(spec)).toBe(2);
  });

  it("not while a command runs in it, but after its longest time all the same", async () => {
    await lifecycle.ensure(spec);
    if (fake.running) fake.running.jobs = 1;
    await pass(spec.idleMs * 3);
    expect(state()).toBe("ready");
    await pass(spec.longestMs);
    expect(state()).toBe("stopped");
  });
});

describe("when it ends or hangs", () => {
  it.each([
    ["137 for want of memory", { exitCode: 137, outOfMemory: true }, /ran out of memory \(512 MiB\)/],
    ["a signal", { exitCode: 139, lines: ["boom"] }, /signal 11: boom/],
    ["an exit code", { exitCode: 3, lines: ["no such thing"] }, /exit code 3: no such thing/],
  ])("%s is told as a cause and a cure", async (_, facts, cause) => {
    await lifecycle.ensure(spec);
    fake.end("Container exited", facts);
    await vi.advanceTimersByTimeAsync(10);
    const { reason } = lifecycle.row();
    expect([state(), reason?.cause, reason?.cure]).toEqual(["failed", expect.stringMatching(cause), expect.stringMatching(/./)]);
    expect(told).toBe(1);
  });

  it("tells nobody what was asked for", async () => {
    await lifecycle.ensure(spec);
    await lifecycle.stop("asked");
    await vi.advanceTimersByTimeAsync(10);
    expect([state(), told]).toEqual(["stopped", 0]);
  });

  it("hangs: it is found without anybody's use, ended, and its late answer is not heard", async () => {
    await lifecycle.ensure(spec);
    const late = lifecycle.forward(1, new Request("http://container/exec"));
    await late;
    if (fake.running) fake.running.hangs = true;
    const waiting = lifecycle.forward(1, new Request("http://container/exec"));
    waiting.catch(() => undefined);
    await pass(90_000);
    expect([state(), lifecycle.row().reason?.cause]).toEqual(["failed", expect.stringContaining("stopped answering")]);
    await expect(waiting).rejects.toMatchObject({ code: "CONTAINER_STALE" });
    expect(await lifecycle.ensure(spec)).toBe(2);
    await expect(lifecycle.forward(1, new Request("http://container/exec"))).rejects.toMatchObject({ code: "CONTAINER_STALE" });
  });

  it("an answer with another generation is not heard", async () => {
    await lifecycle.ensure(spec);
    if (fake.running) fake.running.answer = () => new Response("old news", { headers: { "x-moltworker-generation": "0" } });
    await expect(lifecycle.forward(1, new Request("http://container/exec"))).rejects.toMatchObject({ code: "CONTAINER_STALE" });
  });
});

it("that the runtime lost sight of lives on, and is taken up with the next use", async () => {
  await lifecycle.ensure(spec);
  fake.running?.end("the runtime ends");
  await vi.advanceTimersByTimeAsync(10);
  expect([state(), fake.running?.generation]).toEqual(["ready", 1]);
  expect(await ending(lifecycle.ensure(spec), 3_000)).toBe(1);
  expect(fake.starts).toHaveLength(1);
});

describe("a later life of the object", () => {
  it("takes up the container that proves itself", async () => {
    await lifecycle.ensure(spec);
    lifecycle = born();
    expect(await lifecycle.ensure(spec)).toBe(1);
    expect(fake.starts).toHaveLength(1);
  });

  it.each([
    ["hangs", { hangs: true }],
    ["is of another generation", { generation: 7 }],
  ])("ends one that %s, and starts the next", async (_, change) => {
    await lifecycle.ensure(spec);
    Object.assign(fake.running ?? {}, change);
    lifecycle = born();
    expect(await ending(lifecycle.ensure(spec), 5_000)).toBe(2);
    expect(fake.running?.generation).toBe(2);
  });
});

describe("what is wanted changes", () => {
  it("and a container at rest with it", async () => {
    await lifecycle.ensure(spec);
    fake.image = "moltworker-sandbox:2";
    expect(await lifecycle.ensure(spec)).toBe(2);
    expect(fake.starts.at(-1)?.image).toBe("moltworker-sandbox:2");
  });

  it("and one that is busy says what it waits for", async () => {
    await lifecycle.ensure(spec);
    if (fake.running) fake.running.jobs = 2;
    fake.image = "moltworker-sandbox:2";
    expect(await lifecycle.ensure(spec)).toBe(1);
    expect(lifecycle.row()).toMatchObject({
      image: "moltworker-sandbox:1",
      waiting: "a newer image is there; it changes when the 2 running commands have ended",
    });
    if (fake.running) fake.running.jobs = 0;
    expect(await lifecycle.ensure(spec)).toBe(2);
    expect(lifecycle.row().waiting).toBeNull();
  });
});
