/**
 * Who may call the provider when. A lane is one chat: one call in the air, whatever it is for, in order, no faster than its pace;
 * so what the provider answers is known before the chat's next call leaves. Lanes of one account share its limit; accounts do
 * not wait for each other. Only calls take a slot: a chat that waits holds up nobody. All of it is memory; the rows say what
 * is owed.
 */

import type { Clock } from "../platform/clock.ts";
import { createClaimWindow } from "./claim-window.ts";
import type { OpenAccount } from "./live-account.ts";
import type { Sends, StoredSend } from "./sends.ts";

interface Dependencies {
  sends: Pick<Sends, "lanes" | "next">;
  clock: Clock;
  /** undefined while the account cannot send; its rows wait. */
  open(channel: string, account: string): OpenAccount | undefined;
  /** The call would put a placeholder into the chat. */
  claims(send: StoredSend, account: OpenAccount): boolean;
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
  /** A call beside the rows that changes the chat (an edit of a stream). When it is not the chat's turn, it is not made. */
  beside(lane: string, account: OpenAccount, paceMs: number, work: () => Promise<void>): void;
  /**
   * A call that the chat's pace does not count (typing, a reaction): made once nothing else of the chat is in the air, or `now` or
   * not at all. Resolves when it is over; false: not made, the provider wants to hear nothing of that chat. `work` must not throw.
   */
  courtesy(lane: string, now: boolean, work: () => Promise<void>): Promise<boolean>;
  readonly busy: boolean;
}

interface Lane {
  /** `queueing`: for its placeholder, behind another chat's. */
  state: "idle" | "waiting" | "ready" | "queueing" | "calling";
  heldUntil: number;
  /** Up to here its share of calls is used. */
  usedUntil: number;
  paceMs: number;
  timer?: ReturnType<typeof setTimeout> | undefined;
  /** Courtesies that wait for the call in the air to end. */
  courtesies: (() => void)[];
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
/** More courtesies than these do not wait for one chat. */
const courtesyLimit = 20;

export function createLanes(deps: Dependencies): Lanes {
  return new MemoryLanes(deps);
}

class MemoryLanes implements Lanes {
  private readonly lanes = new Map<string, Lane>();
  private readonly lines = new Map<string, Line>();
  private readonly deps: Dependencies;
  private readonly claimWindow = createClaimWindow((name) => this.over(name));

  constructor(deps: Dependencies) {
    this.deps = deps;
  }

  get busy(): boolean {
    for (const { state } of this.lanes.values()) if (state !== "idle") return true;
    return false;
  }

  touch(name: string): void {
    const lane = this.lane(name);
    if (lane.state !== "idle" && lane.state !== "waiting") return;
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

  beside(name: string, account: OpenAccount, paceMs: number, work: () => Promise<void>): void {
    const lane = this.lane(name);
    const line = this.line(account);
    const now = this.deps.clock.now();
    if (lane.state !== "idle" || this.waitMs(name) > 0 || line.slotAt > now || line.ready.length > 0) return;
    this.takeSlot(line, account.traits.accountPerSecond);
    this.use(name, paceMs);
    lane.state = "calling";
    void work().finally(() => this.over(name));
  }

  courtesy(name: string, now: boolean, work: () => Promise<void>): Promise<boolean> {
    const lane = this.lane(name);
    const isFree = lane.state === "idle" || lane.state === "waiting";
    if (!isFree && (now || lane.courtesies.length >= courtesyLimit)) return Promise.resolve(false);
    return new Promise((resolve) => {
      const turn = () => {
        if (this.heldMs(name) > 0) return resolve(false);
        clearTimeout(lane.timer);
        lane.timer = undefined;
        lane.state = "calling";
        void work().finally(() => {
          this.over(name);
          resolve(true);
        });
      };
      if (isFree) turn();
      else lane.courtesies.push(turn);
    });
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
    if (!send || !account || this.waitMs(name) > 0) return this.over(name);
    const claims = this.deps.claims(send, account);
    if (claims && !this.claimWindow.enter(name)) {
      lane.state = "queueing";
      return;
    }
    this.takeSlot(line, perSecond);
    lane.state = "calling";
    line.calls += 1;
    void this.deps.work(name, account, send).finally(() => {
      line.calls -= 1;
      if (claims) this.claimWindow.leave(name);
      this.over(name);
      this.dispatch(line, perSecond);
    });
  }

  /** Nothing of the chat is in the air. */
  private over(name: string): void {
    const lane = this.lane(name);
    lane.state = "idle";
    while (lane.state === "idle" && lane.courtesies.length > 0) lane.courtesies.shift()?.();
    if (lane.state === "idle") this.touch(name);
  }

  private takeSlot(line: Line, perSecond: number): void {
    const gapMs = 1_000 / perSecond;
    line.slotAt = Math.max(line.slotAt, this.deps.clock.now() - savedSlots * gapMs) + gapMs;
  }

  private lane(name: string): Lane {
    const known = this.lanes.get(name);
    if (known) return known;
    // What an earlier life was told holds in this one.
    const owed = this.deps.sends.next(name);
    const heldUntil = owed && owed.attempts > 0 ? (owed.due_at ?? 0) : 0;
    const made: Lane = { state: "idle", heldUntil, usedUntil: 0, paceMs: 0, courtesies: [] };
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
