import { describe, expect, test } from "vitest";
import { createTestDatabase } from "../../../../tests/support/database.ts";
import { systemClock } from "../platform/clock.ts";
import { migrate } from "../storage/migrations.ts";
import { createAlarm, type TimerWork, timersMigration } from "./alarm.ts";

function world(works: Record<string, TimerWork>) {
  const db = createTestDatabase();
  migrate(db, [timersMigration], systemClock);
  const armed: (number | undefined)[] = [];
  let now = 1_000;
  let enough = () => {};
  const patience = new Promise<void>((resolve) => (enough = resolve));
  const clock = { now: () => now, sleep: () => patience };
  const storage = {
    setAlarm: async (at: number) => void armed.push(at),
    deleteAlarm: async () => void armed.push(undefined),
  };
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  return {
    alarm: createAlarm(db, clock, log, storage, works),
    armed,
    setNow: (ms: number) => (now = ms),
    db,
    enough: () => enough(),
  };
}

describe("the one alarm", () => {
  test("is set to the earliest timer, and ensure never makes one later", () => {
    const { alarm, armed } = world({});
    alarm.set("b", 5_000);
    alarm.set("a", 3_000);
    alarm.ensure("a", 4_000);
    alarm.ensure("a", 2_000);
    alarm.clear("a");
    alarm.clear("b");
    expect(armed).toEqual([5_000, 3_000, 2_000, 5_000, undefined]);
  });

  test("runs what is due, and a timer that sets itself again stays", async () => {
    const ran: string[] = [];
    const { alarm, setNow, db } = world({
      once: () => void ran.push("once"),
      again: () => {
        ran.push("again");
        alarm.set("again", 9_000);
      },
      later: () => void ran.push("later"),
    });
    alarm.set("once", 2_000);
    alarm.set("again", 2_500);
    alarm.set("later", 50_000);
    setNow(3_000);
    await alarm.fire();
    expect(ran).toEqual(["once", "again"]);
    expect(db.all("SELECT name, due_at FROM timers ORDER BY due_at")).toEqual([
      { name: "again", due_at: 9_000 },
      { name: "later", due_at: 50_000 },
    ]);
  });

  test("one that is wanted again while its work goes on is not lost, and is spent only after it", async () => {
    let during: unknown;
    const { alarm, setNow, db } = world({
      async watch() {
        alarm.ensure("watch", 40_000);
        await Promise.resolve();
        alarm.ensure("watch", 3_100);
        alarm.ensure("watch", 30_000);
        during = db.all("SELECT due_at FROM timers");
      },
    });
    alarm.set("watch", 2_000);
    setNow(3_000);
    await alarm.fire();
    // Cut here, a later life would find it as due as before.
    expect(during).toEqual([{ due_at: 2_000 }]);
    expect(db.all("SELECT name, due_at FROM timers")).toEqual([{ name: "watch", due_at: 3_100 }]);
  });

  test("one that does not end holds up no other, and is not begun twice", async () => {
    const ran: string[] = [];
    let end = () => {};
    const { alarm, setNow, db, enough, armed } = world({
      stuck: () => {
        ran.push("stuck");
        return new Promise<void>((resolve) => (end = resolve));
      },
      next: () => void ran.push("next"),
    });
    alarm.set("stuck", 1_000);
    alarm.set("next", 2_000);
    setNow(2_500);
    enough();
    await alarm.fire();
    await alarm.fire();
    expect(ran).toEqual(["stuck", "next"]);
    expect(armed).toEqual([1_000]);
    alarm.ensure("stuck", 9_000);
    end();
    await Promise.resolve();
    await Promise.resolve();
    expect(db.all("SELECT name, due_at FROM timers")).toEqual([{ name: "stuck", due_at: 9_000 }]);
    expect(armed.at(-1)).toBe(9_000);
  });

  test("one that fails is tried again later and stops no other", async () => {
    let tries = 0;
    const ran: string[] = [];
    const { alarm, setNow, armed } = world({
      bad: () => {
        tries += 1;
        if (tries < 3) throw new Error("not yet");
      },
      good: () => void ran.push("good"),
    });
    alarm.set("bad", 2_000);
    alarm.set("good", 2_000);
    for (let now = 2_000; now < 40_000; now += 10_000) {
      setNow(now);
      await alarm.fire();
    }
    expect(ran).toEqual(["good"]);
    expect(tries).toBe(3);
    expect(armed).toEqual([2_000, 12_000, 22_000]);
  });
});
