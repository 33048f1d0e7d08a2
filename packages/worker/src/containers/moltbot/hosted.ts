/**
 * A hosted OpenClaw, from the assistant's side: `engine = "moltbot"` brings it up and keeps it up. Nothing starts before its
 * home was restored whole, nothing is saved before that either, and what runs is one generation of one container. A version
 * that does not start gives way to the one before it, with the home of that time.
 */

import type { ContainerInfo, ContainerReason, ContainerStage } from "@moltworker/protocol/containers";
import { MoltError, moltErrorFrom } from "@moltworker/protocol/errors";
import type { Clock } from "../../platform/clock.ts";
import type { Log } from "../../platform/log.ts";
import type { Containers } from "../containers.ts";
import { createFront, type Front, type FrontState, hostedId } from "./front.ts";
import type { GatewayConfig } from "./gateway-config.ts";
import type { Homes } from "./homes.ts";
import { explain, settingsNote } from "./hosted-reasons.ts";
import type { HostedRow, HostedRows } from "./hosted-row.ts";
import type { MoltbotSettings } from "./moltbot-spec.ts";
import { compareVersions } from "./versions.ts";

export interface HostedDeps {
  containers: Containers;
  homes: Homes;
  rows: HostedRows;
  clock: Clock;
  log: Log;
  isWanted(): boolean;
  settings(): MoltbotSettings;
  config(): GatewayConfig;
}

export interface Hosted {
  /** The version that runs or would run now. */
  version(): string;
  /** A front whose gateway is ready; undefined while there is none. Starts nothing, asks nobody. */
  ready(): Front | undefined;
  /** Brings it up unless it is up, being brought up, or failed. Returns at once. */
  wake(): void;
  /** Up, or the reason why not. A failure is forgotten and tried again. */
  start(): Promise<number>;
  /** Its home is saved and the gateway has ended; what remains may be ended at will. False: it does not answer at all. */
  settle(reason: string): Promise<boolean>;
  /** It stays down until it is used. */
  rest(): void;
  /** The owner did something with it. */
  touched(): void;
  /** Looks after it: saves, lets sleep, takes up what ended. */
  tick(): Promise<void>;
  /** Something was done with it, or changed in it, a moment ago. */
  isLively(): boolean;
  save(reason: string): Promise<void>;
  /** What the surfaces show beyond what the container says of itself. */
  overlay(info: ContainerInfo): ContainerInfo;
}

const pollMs = 250;
/** The front answers for itself whatever the gateway does: one that does not is hung, and nobody waits for it. */
const frontMs = 4_000;
const startMs = 300_000;
const proveEveryMs = 15 * 60_000;
/** What its owner just did is kept this soon; where a save takes long, it is not done without end. */
const saveEveryMs = 4_000;
const savingShare = 5;
/** So long after the owner's last word or the last change the next save comes soon. */
const livelyMs = 60_000;
/** A gateway that ends again this soon, this often, is not started anew by itself. */
const restarts = { most: 3, withinMs: 10 * 60_000 };

export function createHosted(deps: HostedDeps): Hosted {
  const { containers, homes, rows, clock, log } = deps;
  let front: Front | undefined;
  let stage: ContainerStage | null = null;
  let starting: Promise<number> | undefined;
  let turns: Promise<unknown> = Promise.resolve();
  let lastTouchAt = clock.now();
  let savedAt = 0;
  let saveTookMs = 0;
  let changedAt = 0;
  let provedAt = 0;
  let endings: number[] = [];
  /** Why it ended last, until it runs again. */
  let ended: string | undefined;

  const inTurn = <Value>(work: () => Promise<Value>): Promise<Value> => {
    const turn = turns.then(work, work);
    turns = turn.catch(() => undefined);
    return turn;
  };
  /** A version that did not start stays aside until another one is asked for, or somebody tries again. */
  function version(): string {
    const { version: wanted } = deps.settings();
    const { held } = rows.read();
    return held && held.version === wanted ? held.instead : wanted;
  }

  const infoNow = async () => (await containers.report()).containers.find(({ id }) => id === hostedId);

  /** A container of the wanted image and settings, with nothing in it that is not saved. */
  async function container(): Promise<Front> {
    stage = null;
    let found = createFront(containers, await containers.ensure(hostedId));
    const info = await infoNow();
    if (info?.waiting) {
      await end(found, `before ${info.waiting}`);
      found = createFront(containers, await containers.ensure(hostedId));
    }
    return found;
  }

  /** How it stands. Throws CONTAINER_STALE when it does not say so in time. */
  function stateSoon(living: Front): Promise<FrontState> {
    const late = clock.sleep(frontMs).then(() => {
      throw new MoltError("CONTAINER_STALE", { message: "the container does not answer" });
    });
    late.catch(() => undefined);
    return Promise.race([living.state(), late]);
  }

  async function end(living: Front, reason: string): Promise<void> {
    await living.stop();
    if (rows.read().generation === living.generation) await saveFrom(living, reason);
  }

  async function restore(into: Front): Promise<void> {
    const state = await into.state();
    if (state.home.phase === "restored" && rows.read().generation === into.generation) return;
    if (state.home.phase === "restored") {
      // A container that was filled in a life of which we have no row: what it holds is not ours to go on with.
      await containers.remove(hostedId);
      throw new MoltError("CONTAINER_STALE", { message: "the container holds a home that this assistant did not give it" });
    }
    stage = "restoring";
    const running = version();
    for (;;) {
      const home = homes.newestFor(running);
      if (!home && homes.list().length > 0)
        throw new MoltError("CONTAINER_FAILED", {
          message: `none of the ${homes.list().length} homes that were kept can be used with OpenClaw ${running}`,
          hint: "Restore a snapshot of the assistant, or choose another version under Settings, Assistant.",
        });
      try {
        await into.restore(home ? homes.read(home.id) : onlyLine('{"type":"empty"}'));
        rows.write({ generation: into.generation, home: home?.id ?? null, mark: "", version: running });
        return;
      } catch (thrown) {
        const error = moltErrorFrom(thrown);
        if (!home || error.code !== "CONTAINER_FAILED") throw error;
        log.error("hosted.home-damaged", { home: home.id, message: error.message });
        homes.judge(home.id, "damaged");
      }
    }
  }

  async function bringUp(): Promise<number> {
    const living = await container();
    await restore(living);
    const state = await living.state();
    if (state.phase !== "ready") {
      stage = "configuring";
      const { last, known } = rows.read();
      const order = { ...(last ? { last } : {}), ...(known?.version === version() ? { known: known.mark } : {}) };
      await living.start({ ...deps.config(), ...order });
    }
    const ready = await untilReady(living);
    rows.write({
      failure: null,
      last: ready.settings?.text ?? rows.read().last,
      startedVersion: version(),
      known: ready.settings ? { mark: ready.settings.mark, version: version() } : null,
      note: settingsNote(ready, clock.now()) ?? null,
    });
    front = living;
    stage = null;
    ended = undefined;
    log.info("hosted.ready", { generation: living.generation, version: version(), settings: ready.settings?.used ?? "own" });
    return living.generation;
  }

  async function untilReady(living: Front): Promise<FrontState> {
    const deadline = clock.now() + startMs;
    for (;;) {
      const state = await living.state();
      if (state.phase === "ready") return state;
      stage = state.phase === "validating" ? "configuring" : "gateway";
      const over = state.phase === "failed" || state.phase === "ended" || state.phase === "stopped" || clock.now() > deadline;
      if (over) throw explain(state, version());
      await clock.sleep(pollMs);
    }
  }

  /** Brings it up; a version that fails after another one ran goes back to that one. */
  async function attempt(): Promise<number> {
    try {
      return await bringUp().catch((thrown: unknown) => {
        // What lived was replaced meanwhile: the next one is asked once.
        if (moltErrorFrom(thrown).code !== "CONTAINER_STALE") throw thrown;
        return bringUp();
      });
    } catch (thrown) {
      const error = moltErrorFrom(thrown);
      const [wanted, before] = [version(), rows.read().startedVersion];
      if (!before || before === wanted || !hasHomeOf(before)) throw error;
      log.warn("hosted.version-held", { wanted, instead: before, message: error.message });
      rows.write({ held: { version: wanted, instead: before, because: error.message, at: clock.now() }, generation: 0 });
      await containers.remove(hostedId);
      return bringUp();
    }
  }
  const hasHomeOf = (named: string) => homes.list().some((home) => compareVersions(home.version, named) <= 0);

  function begin(): Promise<number> {
    starting ??= inTurn(attempt)
      .catch(async (thrown: unknown) => {
        const error = moltErrorFrom(thrown);
        front = undefined;
        stage = null;
        const lines = (error.details.lines as string[] | undefined) ?? (await containers.lines(hostedId).catch(() => []));
        rows.write({ failure: reasonFrom(error, lines, clock.now()) });
        log.warn("hosted.failed", { code: error.code, message: error.message });
        throw error;
      })
      .finally(() => {
        starting = undefined;
      });
    return starting;
  }

  async function saveFrom(living: Front, reason: string): Promise<void> {
    const row = rows.read();
    if (row.generation !== living.generation) return;
    const have = row.home ? homes.chunksOf(row.home) : [];
    const began = clock.now();
    const kept = await homes.keep(living.save(have, row.mark), { version: row.version, reason });
    savedAt = clock.now();
    saveTookMs = savedAt - began;
    if (!kept) return;
    changedAt = savedAt;
    rows.write({ home: kept.id, mark: kept.mark });
    log.info("hosted.home-saved", { home: kept.id, files: kept.files, bytes: kept.bytes, reason });
    if (clock.now() - provedAt < proveEveryMs) return;
    provedAt = clock.now();
    await prove(living, kept.id);
    await homes.prune();
  }

  async function prove(living: Front, id: string): Promise<void> {
    try {
      await living.prove(homes.read(id));
      homes.judge(id, "good");
    } catch (thrown) {
      const error = moltErrorFrom(thrown);
      if (error.code !== "CONTAINER_FAILED") return;
      homes.judge(id, "damaged");
      // The next save is whole again: nothing of this one is counted on.
      rows.write({ home: null, mark: "" });
      log.error("hosted.home-damaged", { home: id, message: error.message });
    }
  }

  /** What hangs is asked outside the turns: one of them may wait for it. */
  async function settle(reason: string): Promise<boolean> {
    const info = await infoNow();
    front = undefined;
    if (info?.state !== "ready") return true;
    const living = createFront(containers, info.generation);
    const notSaved = (error: unknown) => log.warn("hosted.not-saved", { reason, message: moltErrorFrom(error).message });
    try {
      await stateSoon(living);
    } catch (error) {
      notSaved(error);
      return false;
    }
    await inTurn(() => end(living, reason)).catch(notSaved);
    return true;
  }

  /** The container knows why it ended a moment after it has. */
  async function causeOfEnd(): Promise<string> {
    for (let look = 0; look < 8; look += 1) {
      const reason = (await infoNow())?.reason;
      if (reason) return reason.cause;
      await clock.sleep(pollMs);
    }
    return "its container does not answer";
  }

  async function lookAfter(): Promise<void> {
    if (!front) return;
    const state = await stateSoon(front).catch(() => undefined);
    if (state?.phase === "ready" || state?.phase === "hung") {
      if (clock.now() - savedAt > Math.max(saveEveryMs, savingShare * saveTookMs)) await saveFrom(front, "while it ran");
      const idleMs = deps.settings().idleMinutes * 60_000;
      if (idleMs > 0 && clock.now() - lastTouchAt > idleMs) {
        await end(front, "before it slept").catch((error: unknown) =>
          log.warn("hosted.not-saved", { message: moltErrorFrom(error).message }),
        );
        front = undefined;
        await containers.stop(hostedId);
        rows.write({ asleep: true });
      }
      return;
    }
    [front, ended] = [undefined, "its container ended"];
    const now = clock.now();
    endings = [...endings.filter((at) => now - at < restarts.withinMs), now];
    ended = state ? explain(state, version()).message : await causeOfEnd();
    log.warn("hosted.ended", { phase: state?.phase ?? "gone", times: endings.length, cause: ended });
    if (endings.length <= restarts.most) return;
    const error = state
      ? explain(state, version())
      : new MoltError("CONTAINER_FAILED", { message: "the hosted OpenClaw ends again and again" });
    rows.write({ failure: reasonFrom(error, state?.lines ?? [], now) });
  }

  return {
    version,
    ready: () => front,
    wake() {
      const { failure } = rows.read();
      if (deps.isWanted() && !front && !starting && !failure) {
        rows.write({ asleep: false });
        void begin().catch(() => undefined);
      }
    },
    async start() {
      if (starting) return starting;
      endings = [];
      rows.write({ failure: null, held: null, asleep: false });
      return begin();
    },
    settle,
    rest() {
      ended = undefined;
      rows.write({ asleep: true });
    },
    isLively: () => clock.now() - Math.max(lastTouchAt, changedAt) < livelyMs,
    touched() {
      lastTouchAt = clock.now();
    },
    async tick() {
      if (starting) return;
      await inTurn(lookAfter);
      if (deps.isWanted() && !front && !rows.read().failure && !rows.read().asleep) this.wake();
    },
    save: (reason) => inTurn(async () => (front ? saveFrom(front, reason) : undefined)),
    overlay: (info) =>
      overlaid(info, rows.read(), { stage, ended, isStarting: starting !== undefined, isReady: front !== undefined }),
  };
}

interface HostedNow {
  stage: ContainerStage | null;
  ended: string | undefined;
  isStarting: boolean;
  isReady: boolean;
}

function overlaid(
  info: ContainerInfo,
  { failure, held, note }: HostedRow,
  { stage, ended, isStarting, isReady }: HostedNow,
): ContainerInfo {
  const waiting = held
    ? `OpenClaw ${held.version} did not start (${held.because}); ${held.instead} runs, with its own home`
    : info.waiting;
  const shown = { ...info, waiting: waiting ?? note };
  const again = (cause: string) => `${cause}; it is started again by itself`;
  if (isStarting) {
    const why = ended === undefined ? shown.waiting : again(ended);
    return { ...shown, state: "starting", stage: stage ?? info.stage ?? "fencing", waiting: why };
  }
  if (failure) return { ...shown, state: "failed", stage: null, reason: failure };
  // It ended a moment ago, and is looked after at once.
  if ((isReady || ended !== undefined) && info.state === "failed")
    return { ...shown, state: "starting", stage: "fencing", waiting: again(info.reason?.cause ?? ended ?? "it ended") };
  return isReady || info.state !== "ready" ? shown : { ...shown, state: "starting", stage: "gateway" };
}

function reasonFrom(error: MoltError, lines: string[], at: number): ContainerReason {
  const exitCode = typeof error.details.exitCode === "number" ? error.details.exitCode : null;
  return {
    code: error.code,
    cause: error.message,
    cure: error.hint,
    exitCode,
    outOfMemory: error.details.outOfMemory === true,
    lines,
    at,
  };
}

function onlyLine(text: string): ReadableStream<Uint8Array> {
  return new Response(`${text}\n`).body as ReadableStream<Uint8Array>;
}
