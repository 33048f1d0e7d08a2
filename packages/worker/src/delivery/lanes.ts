/**
 * Who may call the provider when. A lane is one chat: one call at a time, in order, no faster than its pace. Lanes of one account
 * share its limit; accounts do not wait for each other. Only calls take a slot: a chat that waits holds up nobody. All of
 * it is memory; the rows say what is owed.
 */

import type { Clock } from "../platform/clock.ts";
import type { OpenAccount } from "./live-account.ts";
import type { Sends, StoredSend } from "./sends.ts";

interface Dependencies {
  sends: Pick<Sends, "lanes" | "next">;
  clock: Clock;
  /** undefined while the account cannot send; its rows wait. */
  open(channel: string, account: string): OpenAccount | undefined;
  /** One call for the row, and what it came to. Must not throw. */
  work(lane: string, account: OpenAccount, send: StoredSend): Promise<void>;
  /** Wake me then. */
  schedule(dueAt: number): void;
}

export interface Lanes {
  /** The chat may have something to send. */
  touch(lane: string): void;
  /** Looks at every chat that has. */
  touchAll(): void;
  /** Leaves the chat alone until then: the provider said so. */
  hold(lane: string, untilMs: number): void;
  /** Counts one call against the chat's share; a few may be made ahead of its pace. */
  use(lane: string, paceMs: number): void;
  /** Milliseconds until the chat may be called again. */
  waitMs(lane: string): number;
  /** Milliseconds until the provider wants to hear of the chat again; its pace apart. */
  heldMs(lane: string): number;
  /** A call beside the rows (an edit of a stream), in the chat's turn. False when it is not its turn: it is not made then. */
  beside(lane: string, account: OpenAccount, paceMs: number, work: () => Promise<void>): boolean;
  readonly busy: boolean;
}

interface Lane {
  state: "idle" | "waiting" | "ready" | "calling";
  heldUntil: number;
  /** Up to here its share of calls is used. */
  usedUntil: number;
  paceMs: number;
  timer?: ReturnType<typeof setTimeout> | undefined;
}

/** What the chats of one account share. */
interface Line {
  ready: string[];
  calls: number;
  /** Epoch ms of the next free slot; may lie a little in the past. */
  slotAt: number;
  timer?: ReturnType<typeof setTimeout> | undefined;
}

/** Calls of one account that are in the air at once. */
const concurrency = 32;
/** Calls that may be made ahead of a chat's pace, so that a short answer follows its placeholder at once. */
const burst = 3;
/** Slots that a quiet account saves up: with them it stays below the provider's own limit. */
const savedSlots = 2;
/** Waits longer than this are the alarm's too. */
const sleepLimitMs = 5_000;

export function createLanes(deps: Dependencies): Lanes {
  return new MemoryLanes(deps);
}

class MemoryLanes implements Lanes {
  private readonly lanes = new Map<string, Lane>();
  private readonly lines = new Map<string, Line>();
  private readonly deps: Dependencies;

  constructor(deps: Dependencies) {
    this.deps = deps;
  }

  get busy(): boolean {
    for (const { state } of this.lanes.values()) if (state !== "idle") return true;
    return false;
  }

  touch(name: string): void {
    const lane = this.lane(name);
    if (lane.state === "ready" || lane.state === "calling") return;
    clearTimeout(lane.timer);
    lane.timer = undefined;
    lane.state = "idle";
    const send = this.deps.sends.next(name);
    const account = send && this.deps.open(send.channel, send.account);
    if (!send || !account) return;
    const now = this.deps.clock.now();
    const waitMs = Math.max((send.due_at ?? 0) - now, this.waitMs(name));
    if (waitMs > 0) {
      // Who waits long does not keep the object awake: the alarm is for when it is put away meanwhile.
      if (waitMs > sleepLimitMs) this.deps.schedule(now + waitMs);
      else lane.state = "waiting";
      lane.timer = setTimeout(() => this.touch(name), waitMs);
      return;
    }
    lane.state = "ready";
    const line = this.line(account);
    line.ready.push(name);
    this.dispatch(line, account.traits.accountPerSecond);
  }

  touchAll(): void {
    const now = this.deps.clock.now();
    for (const [name, { state, heldUntil, usedUntil, timer }] of this.lanes)
      if (state === "idle" && heldUntil < now && usedUntil < now && timer === undefined) this.lanes.delete(name);
    for (const { lane } of this.deps.sends.lanes()) if (this.lanes.get(lane)?.state !== "waiting") this.touch(lane);
  }

  hold(name: string, untilMs: number): void {
    const lane = this.lane(name);
    lane.heldUntil = Math.max(lane.heldUntil, untilMs);
  }

  use(name: string, paceMs: number): void {
    const lane = this.lane(name);
    lane.paceMs = paceMs;
    lane.usedUntil = Math.max(this.deps.clock.now(), lane.usedUntil) + paceMs;
  }

  waitMs(name: string): number {
    const lane = this.lanes.get(name);
    if (!lane) return 0;
    const now = this.deps.clock.now();
    return Math.max(0, lane.heldUntil - now, lane.usedUntil - now - burst * lane.paceMs);
  }

  heldMs(name: string): number {
    return Math.max(0, (this.lanes.get(name)?.heldUntil ?? 0) - this.deps.clock.now());
  }

  beside(name: string, account: OpenAccount, paceMs: number, work: () => Promise<void>): boolean {
    const lane = this.lane(name);
    const line = this.line(account);
    const now = this.deps.clock.now();
    if (lane.state !== "idle" || this.waitMs(name) > 0 || line.slotAt > now || line.ready.length > 0) return false;
    this.takeSlot(line, account.traits.accountPerSecond);
    this.use(name, paceMs);
    lane.state = "calling";
    void work().finally(() => this.over(name, lane));
    return true;
  }

  private dispatch(line: Line, perSecond: number): void {
    while (line.ready.length > 0 && line.calls < concurrency) {
      const waitMs = line.slotAt - this.deps.clock.now();
      if (waitMs > 0) {
        line.timer ??= setTimeout(() => {
          line.timer = undefined;
          this.dispatch(line, perSecond);
        }, waitMs);
        return;
      }
      const name = line.ready.shift();
      if (name !== undefined) this.call(name, line, perSecond);
    }
  }

  private call(name: string, line: Line, perSecond: number): void {
    const lane = this.lane(name);
    // It may have been given its text, or set aside, while it stood in line; the account may have been closed.
    const send = this.deps.sends.next(name);
    const account = send && this.deps.open(send.channel, send.account);
    if (!send || !account) {
      lane.state = "idle";
      return;
    }
    this.takeSlot(line, perSecond);
    lane.state = "calling";
    line.calls += 1;
    void this.deps.work(name, account, send).finally(() => {
      line.calls -= 1;
      this.over(name, lane);
      this.dispatch(line, perSecond);
    });
  }

  private over(name: string, lane: Lane): void {
    lane.state = "idle";
    this.touch(name);
  }

  private takeSlot(line: Line, perSecond: number): void {
    const gapMs = 1_000 / perSecond;
    line.slotAt = Math.max(line.slotAt, this.deps.clock.now() - savedSlots * gapMs) + gapMs;
  }

  private lane(name: string): Lane {
    const known = this.lanes.get(name);
    if (known) return known;
    const made: Lane = { state: "idle", heldUntil: 0, usedUntil: 0, paceMs: 0 };
    this.lanes.set(name, made);
    return made;
  }

  private line({ channel, id }: OpenAccount): Line {
    const key = `${channel}|${id}`;
    const known = this.lines.get(key);
    if (known) return known;
    const made: Line = { ready: [], calls: 0, slotAt: 0 };
    this.lines.set(key, made);
    return made;
  }
}
