/**
 * The runner: accepts messages as rows, starts runs (one a session, a bounded number in all), stops them, and after a
 * restart continues from the rows. Nothing here is needed to know what is owed: memory holds only what lives right now.
 */

import { MoltError, moltErrorFrom } from "@moltworker/protocol/errors";
import { withDeadline } from "../platform/deadline.ts";
import { createId } from "../platform/id.ts";
import type { InboundMessage } from "../sessions/inbox.ts";
import { type AcceptOptions, acceptMessage } from "./accept.ts";
import { toolsFor } from "./audience.ts";
import { foldLog } from "./compact.ts";
import { endStopped } from "./end-stopped.ts";
import { executeRun, takeInput } from "./execute-run.ts";
import type { RunContext, RunDependencies } from "./run-context.ts";
import { createRunEvents } from "./run-events.ts";
import type { StoredRun } from "./run-store.ts";

/** Process ends in the middle of the same step after which a run is given up instead of begun again. */
const interruptionLimit = 10;
const compactLimitMs = 120_000;

export interface RunOutcome {
  state: StoredRun["state"];
  run: StoredRun;
}

export interface Runner {
  /** Inserts the message and its run; durable once the caller's answer leaves. A repeat of the key changes nothing. */
  accept(message: InboundMessage, options?: AcceptOptions): { runId: string; status: "started" | "in_flight" | "ok" };
  /** Stops one run, or everything of a session. Returns the ids that were stopped. */
  abort(target: { sessionKey: string; runId?: string }, reason: string): string[];
  /** STOP and its end. */
  suspend(suspended: boolean): string[];
  readonly suspended: boolean;
  /** Continues what an earlier process left. Call once at every wake. Returns how many runs it took up. */
  recover(): number;
  /** Starts what may start. */
  kick(): void;
  /** Resolves when the run ends, or with its present state after `timeoutMs`. Throws NOT_FOUND. */
  wait(runId: string, timeoutMs: number): Promise<RunOutcome>;
  /** Folds a resting session's older messages. False when there is nothing to fold; throws CONFLICT while a run lives there. */
  compact(sessionKey: string): Promise<boolean>;
  inFlight(sessionKey: string): { runId: string; text: string; startedAt: number } | undefined;
  readonly activeCount: number;
}

interface Active {
  run: StoredRun;
  controller: AbortController;
  live: { text: string };
}

interface Options extends RunDependencies {
  /** Kept over restarts. */
  suspension: { get(): boolean; set(suspended: boolean): void };
  /** Called when runs begin to live and when none is left, to keep the object awake meanwhile. */
  onActivity(active: boolean): void;
  /** The session's row changed; people's lists want to know. */
  onSessionChanged(sessionKey: string, reason?: "updated" | "reset"): void;
}

export function createRunner(options: Options): Runner {
  return new RunRunner(options);
}

class RunRunner implements Runner {
  private readonly deps: Options;
  private readonly active = new Map<string, Active>();
  private readonly waiters = new Map<string, Set<() => void>>();
  private readonly toolsOf: ReturnType<typeof toolsFor>;

  constructor(deps: Options) {
    this.deps = deps;
    this.toolsOf = toolsFor(deps.tools);
  }

  get suspended(): boolean {
    return this.deps.suspension.get();
  }

  get activeCount(): number {
    return this.active.size;
  }

  accept(message: InboundMessage, options: AcceptOptions = {}): { runId: string; status: "started" | "in_flight" | "ok" } {
    const known = this.deps.store.get(message.runId);
    if (known) return { runId: known.id, status: known.ended_at === null ? "in_flight" : "ok" };
    if (this.suspended) throw new MoltError("SUSPENDED");
    if (options.replaceFromMessageId !== undefined || message.queueMode === "interrupt")
      this.abort({ sessionKey: message.sessionKey }, "replaced");
    acceptMessage(this.deps, message, options);
    this.kick();
    // A rewind takes rows away, which no other event says: whoever shows the conversation must read it again.
    this.deps.onSessionChanged(message.sessionKey, options.replaceFromMessageId === undefined ? "updated" : "reset");
    return { runId: message.runId, status: "started" };
  }

  abort(target: { sessionKey: string; runId?: string }, reason: string): string[] {
    const runs = this.deps.store.open(target.sessionKey).filter((run) => target.runId === undefined || run.id === target.runId);
    for (const run of runs) this.stop(run, reason);
    if (runs.length > 0) {
      this.kick();
      this.deps.onSessionChanged(target.sessionKey);
    }
    return runs.map((run) => run.id);
  }

  suspend(suspended: boolean): string[] {
    this.deps.suspension.set(suspended);
    this.deps.sink.publish("gateway.suspension", { suspended, ts: this.deps.clock.now() });
    if (!suspended) {
      this.kick();
      return [];
    }
    const runs = this.deps.store.open();
    for (const run of runs) {
      this.stop(run, "STOP");
      this.deps.onSessionChanged(run.session_key);
    }
    return runs.map((run) => run.id);
  }

  recover(): number {
    const cut = this.deps.store.open().filter((run) => run.state !== "queued" && !this.active.has(run.id));
    for (const run of cut) {
      const interruptions = run.state === "running" ? this.deps.store.countInterruption(run.id) : run.interruptions;
      this.deps.log.info("run.resumed", { runId: run.id, sessionKey: run.session_key, interruptions });
      this.begin(run.id, interruptions);
    }
    this.kick();
    return cut.length;
  }

  kick(): void {
    if (this.suspended) return;
    const free = this.deps.settings().maxConcurrentRuns - this.active.size;
    for (const id of this.next(free)) this.begin(id, 0);
  }

  /** Runs that may begin: the oldest of each session that rests. Read to the end before any begins, since that writes. */
  private next(most: number): string[] {
    const chosen: string[] = [];
    if (most <= 0) return chosen;
    const busy = new Set([...this.active.values()].map((active) => active.run.session_key));
    for (const run of this.deps.store.startable()) {
      if (busy.has(run.session_key) || this.active.has(run.id)) continue;
      busy.add(run.session_key);
      if (chosen.push(run.id) >= most) break;
    }
    return chosen;
  }

  async wait(runId: string, timeoutMs: number): Promise<RunOutcome> {
    const read = (): RunOutcome => {
      const run = this.deps.store.get(runId);
      if (!run) throw new MoltError("NOT_FOUND", { message: `there is no run "${runId}"` });
      return { state: run.state, run };
    };
    const first = read();
    if (first.run.ended_at !== null && first.run.merged_into === null) return first;
    const target = first.run.merged_into ?? runId;
    if (this.deps.store.get(target)?.ended_at !== null) return first;
    const patience = new AbortController();
    const ended = new Promise<void>((resolve) => {
      const set = this.waiters.get(target) ?? new Set();
      this.waiters.set(target, set.add(resolve));
    });
    await Promise.race([ended, this.deps.clock.sleep(timeoutMs, patience.signal).catch(() => {})]);
    patience.abort(new Error("answered"));
    return read();
  }

  async compact(sessionKey: string): Promise<boolean> {
    const { deps } = this;
    if (deps.store.open(sessionKey).length > 0) {
      throw new MoltError("CONFLICT", {
        message: "a run is going on in this conversation",
        hint: "Stop it or wait for its end, then compact.",
      });
    }
    const runId = createId("compact", deps.clock.now());
    const ref = deps.modelFor(sessionKey);
    return withDeadline(compactLimitMs, (signal) => foldLog(deps, { sessionKey, ref, runId, signal, askModel: true }));
  }

  inFlight(sessionKey: string): { runId: string; text: string; startedAt: number } | undefined {
    for (const { run, live } of this.active.values()) {
      if (run.session_key === sessionKey) return { runId: run.id, text: live.text, startedAt: run.started_at ?? run.created_at };
    }
    return undefined;
  }

  private begin(runId: string, interruptions: number): void {
    const { deps } = this;
    const run = deps.store.begin(runId);
    const controller = new AbortController();
    const live = { text: "" };
    let resumed = run.lives > 1;
    const context: RunContext = {
      ...deps,
      tools: this.toolsOf(run),
      run,
      events: createRunEvents(run, deps.sink, deps.clock),
      signal: controller.signal,
      live,
      takeReplaceMark: () => {
        const mark = resumed;
        resumed = false;
        return mark;
      },
    };
    takeInput(context);
    // Only storage itself failing ends up here; the rows still say what is owed, and the next wake takes it up.
    this.live(context, interruptions).catch((error: unknown) => deps.log.error("run.broken", { runId: run.id, error }));
    this.active.set(run.id, { run, controller, live });
    if (this.active.size === 1) deps.onActivity(true);
  }

  private async live(context: RunContext, interruptions: number): Promise<void> {
    const { run } = context;
    const limit = run.deadline_ms === null ? undefined : setTimeout(() => this.stop(run, "timeout"), run.deadline_ms);
    try {
      // Lets the caller's commit and acknowledgement go first.
      await Promise.resolve();
      if (interruptions > interruptionLimit) throw new MoltError("RUN_CRASHED");
      await executeRun(context);
    } catch (error) {
      if (!context.signal.aborted) this.fail(context, error);
    } finally {
      if (limit !== undefined) clearTimeout(limit);
      this.ended(run);
    }
  }

  private fail(context: RunContext, thrown: unknown): void {
    const error = moltErrorFrom(thrown);
    context.log.error("run.failed", { runId: context.run.id, code: error.code, message: error.message, cause: error.cause });
    endStopped(context, { kind: "failed", error });
  }

  private stop(run: StoredRun, reason: string): void {
    const active = this.active.get(run.id);
    active?.controller.abort(new MoltError("ABORTED", { message: `stopped: ${reason}` }));
    const events = createRunEvents({ ...run, lives: run.lives + 1 }, this.deps.sink, this.deps.clock);
    endStopped({ ...this.deps, run, events, live: active?.live ?? { text: "" } }, { kind: "aborted", reason });
    // The run is over as of this commit, so the next one of its session need not wait for the cut streams to unwind.
    if (active) this.active.delete(run.id);
    this.wake(run.id);
  }

  private ended(run: StoredRun): void {
    const active = this.active.get(run.id);
    if (active?.run === run) this.active.delete(run.id);
    this.wake(run.id);
    this.deps.log.debug("run.ended", { runId: run.id });
    this.kick();
    this.deps.onSessionChanged(run.session_key);
    if (this.active.size === 0) this.deps.onActivity(false);
  }

  private wake(runId: string): void {
    for (const resolve of this.waiters.get(runId) ?? []) resolve();
    this.waiters.delete(runId);
  }
}
