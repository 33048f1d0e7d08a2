/**
 * The life of one container: `absent → starting(stage) → ready(generation) → draining → stopped | failed(reason)`. One change
 * at a time, each on disk before it is acted on. Ready means that the wanted generation has answered with its own secret; an
 * open port means nothing. Whatever an older generation still says or does, nobody hears it.
 */

import type { ContainerReason } from "@moltworker/protocol/containers";
import { MoltError, moltErrorFrom } from "@moltworker/protocol/errors";
import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/log.ts";
import type { ContainerEngine } from "./container-engine.ts";
import type { ContainerHost } from "./container-host.ts";
import type { ContainerRow, RowStore } from "./container-row.ts";
import { type ContainerSpec, specMark } from "./container-spec.ts";
import { createProbe } from "./probe.ts";
import { couldNotStart, errorFromReason, factsFromWords, reasonFromError, reasonOf } from "./reasons.ts";
import { createTraffic, type Traffic } from "./traffic.ts";

export interface LifecycleDeps {
  store: RowStore;
  engine: ContainerEngine;
  /** Absent on Cloudflare. */
  host: ContainerHost | undefined;
  clock: Clock;
  log: Log;
  /** Ends this life of the object: the next one sees the engine as it is. Never returns. */
  startOver(reason: string): never;
  /** Answers requests that the container's network hands over, by that network's secret. */
  wayOut(egressSecret: string): Fetcher;
  /** Asks for `tick` at this time. */
  wakeAt(dueAt: number): void;
  /** It ended and nobody had asked for that: whoever it works for is told. */
  endedByItself(): void;
}

export interface Lifecycle {
  row(): ContainerRow;
  /** The generation that is ready for this spec, started if need be. Throws CONTAINER_*. */
  ensure(spec: ContainerSpec): Promise<number>;
  /** Passes a request on to a generation; CONTAINER_STALE when it is not the one that lives. */
  forward(generation: number, request: Request): Promise<Response>;
  /** Ends what runs, with time for it to finish; the next use starts it again. */
  stop(cause: string): Promise<void>;
  /** Ends it at once and forgets why it failed. The generation goes on counting. */
  remove(): Promise<void>;
  /** Looks after a container that lives: takes up an earlier life's, renews, lets sleep, finds the hung. */
  tick(): Promise<void>;
  lines(): Promise<string[]>;
  /** Commands that run in it now, as it said last. */
  jobs(): number;
}

const tickMs = 15_000;
/** One that did not answer is asked again this soon. */
const doubtMs = 2_000;
const drainMs = 5_000;
const hearsMs = 2_000;
/** Before use one that keeps silent is taken for hung after this: a machine at its limit takes seconds to answer. */
const silentMs = 5_000;
/** A container that was seen this recently need not be asked again before use. */
const freshMs = 3_000;
const patientProbes = 3;

export function createLifecycle(deps: LifecycleDeps): Lifecycle {
  const { store, engine, host, clock, log } = deps;
  const probe = createProbe(engine, clock);
  const traffic: Traffic = createTraffic(engine);
  let turns: Promise<unknown> = Promise.resolve();
  /** Ends with this life of the object; without it the row speaks of an earlier life's container. */
  let watched: { generation: number; ended: Promise<string | undefined> } | undefined;
  let seenAt = 0;
  let failedProbes = 0;
  let jobs = 0;

  const inTurn = <Value>(work: () => Promise<Value>): Promise<Value> => {
    const turn = turns.then(work, work);
    turns = turn.catch(() => undefined);
    return turn;
  };
  const set = (change: Partial<ContainerRow>) => store.write({ since: clock.now(), ...change });
  const alive = (row: ContainerRow) => row.state === "starting" || row.state === "ready" || row.state === "draining";

  /** Takes up what an earlier life of the object left: a container that proves itself is kept, any other ends. */
  async function adopt(): Promise<void> {
    const row = store.read();
    if (!alive(row) || watched?.generation === row.generation) return;
    if (!engine.running()) return settleEnd(await factsNow(undefined));
    const state = row.state === "draining" ? undefined : await probe.ask(row, 2_000);
    if (!state) {
      await fence();
      await set({ state: "stopped", stage: null, reason: interrupted(clock.now()) });
      return;
    }
    seen(state.jobs);
    void watch(row.generation);
    await openWayOut(row);
    if (row.state !== "ready") await set({ state: "ready", stage: null });
    log.info("container.adopted", { generation: row.generation });
  }

  /** The runtime forgets it with its own life. */
  async function openWayOut({ spec, egressSecret }: ContainerRow): Promise<void> {
    const names = spec?.egress.credentials ?? [];
    if (names.length > 0) await engine.answerFor(names, deps.wayOut(egressSecret));
  }

  function seen(running: number): void {
    seenAt = clock.now();
    failedProbes = 0;
    jobs = running;
  }

  function watch(generation: number): Promise<string | undefined> {
    const ended = engine.ended();
    watched = { generation, ended };
    void ended.then((words) => endedNow(generation, words));
    return ended;
  }

  /**
   * The runtime says that it ended. Where it only lost sight of it, as when the runtime itself ends or the way to the engine is
   * cut, nothing is ended for that: the next use or look takes it up.
   */
  async function endedNow(generation: number, words: string | undefined): Promise<void> {
    const facts = host && store.read().state === "ready" ? await host.facts().catch(() => null) : undefined;
    const isLost = facts === null || (facts?.running === true && facts.generation === generation);
    if (!isLost) traffic.cut(new MoltError("CONTAINER_STALE", { message: "the container ended" }));
    await inTurn(async () => {
      const row = store.read();
      if (row.generation !== generation || row.state === "starting" || !alive(row)) return;
      if (isLost) watched = undefined;
      else await settleEnd(await factsNow(words));
    });
  }

  async function factsNow(words: string | undefined) {
    const facts = await host?.facts().catch(() => undefined);
    return facts?.exists && !facts.running ? facts : factsFromWords(words ?? "the engine lost it");
  }

  /** The container is gone by itself: clean ends sleep, all others are a failure with its reason. */
  async function settleEnd(facts: Parameters<typeof reasonOf>[0]): Promise<void> {
    const row = store.read();
    watched = undefined;
    jobs = 0;
    const reason = reasonOf(facts, row.spec, clock.now());
    const clean = facts.exitCode === 0 || facts.exitCode === 75 || row.state === "draining";
    await set({ state: clean ? "stopped" : "failed", stage: null, reason: facts.exitCode === 0 ? null : reason });
    log.warn("container.ended", { generation: row.generation, exitCode: facts.exitCode, outOfMemory: facts.outOfMemory });
    await host?.remove().catch(() => undefined);
    if (row.state !== "draining") deps.endedByItself();
  }

  /** Nothing of any generation runs, answers or writes when this returns. */
  async function fence(): Promise<void> {
    traffic.cut(new MoltError("CONTAINER_STALE"));
    watched = undefined;
    jobs = 0;
    if (engine.running()) await engine.destroy();
    await host?.remove();
  }

  /** An engine under load may fail to make a container that it makes a moment later: that alone is tried twice. */
  async function start(spec: ContainerSpec, attempt = 1): Promise<number> {
    const image = engine.images()[spec.image] ?? "";
    const generation = store.read().generation + 1;
    const now = clock.now();
    const row = await set({
      state: "starting",
      stage: "fencing",
      generation,
      secret: randomSecret(),
      // The way out need not change with the container: its network may serve the next generation.
      egressSecret: store.read().egressSecret || randomSecret(),
      image,
      spec,
      reason: null,
      waiting: null,
      startedAt: now,
      lastUsedAt: now,
    });
    deps.wakeAt(now + tickMs);
    try {
      await begin(row, spec);
    } catch (thrown) {
      const error = moltErrorFrom(thrown);
      const isEngines = error.code === "CONTAINER_FAILED" && error.message.startsWith(couldNotStart);
      if (!isEngines || attempt > 1) return failStart(row, error);
      log.warn("container.tried-again", { generation, message: error.message });
      await fence();
      return start(spec, attempt + 1);
    }
    await set({ state: "ready", stage: null });
    log.info("container.ready", { generation, ms: clock.now() - now });
    return generation;
  }

  async function begin(row: ContainerRow, spec: ContainerSpec): Promise<void> {
    const { generation, image, egressSecret } = row;
    const began = clock.now();
    traffic.cut(new MoltError("CONTAINER_STALE"));
    watched = undefined;
    if (engine.running()) await engine.destroy();
    await checkEngine(image, spec.image);
    await host?.prepare({ generation, image, spec, egressSecret });
    // The engine has nothing left, and the runtime does not see it: it has lost the way to the engine once.
    if (engine.running() && host) deps.startOver("the runtime holds a container that is gone");
    store.note({ stage: "creating" });
    const env = {
      ...spec.env,
      MOLTWORKER_GENERATION: String(generation),
      MOLTWORKER_GENERATION_SECRET: row.secret,
      MOLTWORKER_IMAGE: image,
      MOLTWORKER_WAY_OUT: host ? "proxy" : "direct",
    };
    engine.start({ image, env, internet: host === undefined && spec.egress.allow.includes("*"), limits: spec.limits });
    const ended = watch(generation);
    store.note({ stage: "waiting" });
    await openWayOut(row);
    const state = await probe.until(row, began + spec.startMs, ended);
    if ("ended" in state) throw errorFromReason(reasonOf(await factsNow(state.ended), spec, clock.now()));
    seen(state.jobs);
  }

  /** A failure is final until somebody asks again; what was half there is taken away. */
  async function failStart(row: ContainerRow, error: MoltError): Promise<never> {
    const facts = await host?.facts().catch(() => undefined);
    const lines = facts?.lines ?? (error.details.lines as string[] | undefined) ?? [];
    await fence().catch(() => undefined);
    await set({ state: "failed", stage: null, reason: reasonFromError(error, clock.now(), lines) });
    log.warn("container.failed", { generation: row.generation, code: error.code, message: error.message });
    throw error;
  }

  async function checkEngine(image: string, name: string): Promise<void> {
    const facts = await host?.engine(image);
    if (facts && !facts.available)
      throw new MoltError("CONTAINER_ENGINE_MISSING", {
        ...(facts.cause ? { message: facts.cause } : {}),
        ...(facts.cure ? { hint: facts.cure } : {}),
      });
    const missing = facts?.images.some((row) => !row.present && (row.image === image || row.name === "sidecar"));
    if (image === "" || missing)
      throw new MoltError("CONTAINER_IMAGE_MISSING", {
        message: `the image of ${name} is not on this machine`,
        hint: `Build it: \`moltworker containers build${name.startsWith("moltbot-") ? ` moltbot --openclaw ${name.slice(8)}` : ""}\`.`,
        details: { image },
      });
  }

  /** Why the container that lives does not serve this spec; undefined when it does. */
  function differs(row: ContainerRow, spec: ContainerSpec): string | undefined {
    if (row.image !== (engine.images()[spec.image] ?? "")) return "a newer image is there";
    if (!row.spec || specMark(row.spec) !== specMark(spec)) return "its settings were changed";
    return undefined;
  }

  async function drain(): Promise<void> {
    const row = await set({ state: "draining", stage: null });
    const ended = watched?.ended;
    // One that hangs hears nothing: it is given no time.
    if (engine.running() && (await probe.ask(row, hearsMs))) {
      engine.terminate();
      await Promise.race([ended ?? clock.sleep(drainMs), clock.sleep(drainMs)]);
    }
    await fence();
  }

  async function ensureNow(spec: ContainerSpec): Promise<number> {
    await adopt();
    const row = store.read();
    if (row.state !== "ready") return start(spec);
    const difference = differs(row, spec);
    if (difference) {
      const state = await probe.ask(row, 2_000);
      if (state && state.jobs > 0) {
        seen(state.jobs);
        await store.write({
          waiting: `${difference}; it changes when the ${state.jobs} running commands have ended`,
          lastUsedAt: clock.now(),
        });
        return row.generation;
      }
      await drain();
      return start(spec);
    }
    if (clock.now() - seenAt > freshMs) {
      const state = await probe.ask(row, silentMs);
      if (!state) {
        log.warn("container.hung", { generation: row.generation });
        await fence();
        return start(spec);
      }
      seen(state.jobs);
    }
    store.note({ spec, waiting: null, lastUsedAt: clock.now() });
    return row.generation;
  }

  async function tickNow(): Promise<void> {
    await adopt();
    const row = store.read();
    if (row.state !== "ready" || !row.spec) return;
    const now = clock.now();
    void host?.facts().catch(() => undefined);
    const state = await probe.ask(row, 5_000);
    if (state) seen(state.jobs);
    else failedProbes += 1;
    if (failedProbes >= patientProbes) {
      const facts = await host?.facts().catch(() => undefined);
      await fence();
      const cause = "the container stopped answering and was ended";
      const cure = "The next use starts it again; read its last lines with `moltworker containers logs`.";
      const reason = {
        code: "CONTAINER_FAILED",
        cause,
        cure,
        exitCode: null,
        outOfMemory: false,
        lines: facts?.lines ?? [],
        at: now,
      };
      await set({ state: "failed", reason });
      deps.endedByItself();
      return;
    }
    const busy = traffic.open() > 0 || jobs > 0;
    const old = now - row.startedAt > row.spec.longestMs;
    if (!old && (busy || now - row.lastUsedAt < row.spec.idleMs)) return;
    await drain();
    await set({ state: "stopped", reason: null });
    log.info("container.asleep", { generation: row.generation, old });
  }

  return {
    row: store.read,
    ensure: (spec) => inTurn(() => ensureNow(spec)),
    async forward(generation, request) {
      const row = store.read();
      if (row.state !== "ready" || row.generation !== generation || watched?.generation !== generation)
        throw new MoltError("CONTAINER_STALE", { message: `generation ${generation} has ended` });
      const answer = await traffic.pass(row, request).catch((error: unknown) => {
        // It is asked who it is before anybody else uses it.
        seenAt = 0;
        throw error;
      });
      if (store.read().generation !== generation || store.read().state !== "ready") {
        await answer.body?.cancel();
        throw new MoltError("CONTAINER_STALE");
      }
      store.note({ lastUsedAt: clock.now() });
      return answer;
    },
    stop: (cause) =>
      inTurn(async () => {
        await adopt();
        if (!alive(store.read())) return;
        await drain();
        await set({ state: "stopped", reason: null });
        log.info("container.stopped", { generation: store.read().generation, cause });
      }),
    remove: () =>
      inTurn(async () => {
        await fence();
        await set({ state: "absent", stage: null, reason: null, waiting: null });
      }),
    tick: () =>
      inTurn(tickNow).finally(() => {
        if (alive(store.read())) deps.wakeAt(clock.now() + (failedProbes > 0 ? doubtMs : tickMs));
      }),
    async lines() {
      const facts = await host?.facts().catch(() => undefined);
      return facts?.exists ? facts.lines : (store.read().reason?.lines ?? []);
    },
    jobs: () => jobs,
  };
}

function randomSecret(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(32)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function interrupted(at: number): ContainerReason {
  const cause = "the assistant was restarted, and the container it left did not answer";
  return {
    code: "CONTAINER_STALE",
    cause,
    cure: "Nothing needs doing: the next use starts it again.",
    exitCode: null,
    outOfMemory: false,
    lines: [],
    at,
  };
}
