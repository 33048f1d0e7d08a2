/** The one alarm: named timers as rows, the object's alarm set to the earliest. At-least-once; a timer is spent only after its work returned. */

import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/log.ts";
import type { Database } from "../storage/database.ts";
import type { Migration } from "../storage/migrations.ts";

export const timersMigration: Migration = {
  name: "0004-timers",
  statements: ["CREATE TABLE timers (name TEXT PRIMARY KEY, due_at INTEGER NOT NULL)"],
};

export type TimerWork = () => void | Promise<void>;

export interface Alarm {
  /** Sets the timer to the earlier of its present time and `dueAt`. While its work goes on it is the next time that is meant. */
  ensure(name: string, dueAt: number): void;
  set(name: string, dueAt: number): void;
  clear(name: string): void;
  /** Sets the object's alarm from the rows whatever it is believed to be. */
  rearm(): void;
  /** Runs what is due; a failing timer is tried again after ten seconds and stops no other. */
  fire(): Promise<void>;
}

export interface AlarmStorage {
  setAlarm(atMs: number): Promise<void>;
  deleteAlarm(): Promise<void>;
}

interface Firing {
  due: number;
  /** Epoch ms at which it is wanted again. */
  again?: number;
  /** The others did not wait for it. */
  late?: boolean;
}

const retryMs = 10_000;
const patienceMs = 30_000;

export function createAlarm(
  db: Database,
  clock: Clock,
  log: Log,
  storage: AlarmStorage,
  works: Record<string, TimerWork>,
): Alarm {
  let armedFor: number | undefined;
  /** Timers whose work goes on, and when it is wanted again: what `ensure` was told meanwhile is about the time after it. */
  const firing = new Map<string, Firing>();

  const arm = () => {
    // One whose work goes on is set anew when that ends.
    const next = db
      .all<{ name: string; due_at: number }>("SELECT name, due_at FROM timers ORDER BY due_at")
      .find(({ name, due_at }) => firing.get(name)?.due !== due_at)?.due_at;
    if (next === armedFor) return;
    armedFor = next;
    void (next === undefined ? storage.deleteAlarm() : storage.setAlarm(next));
  };
  const set = (name: string, dueAt: number) => {
    db.run(
      "INSERT INTO timers (name, due_at) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET due_at = excluded.due_at",
      name,
      dueAt,
    );
    arm();
  };

  return {
    set,
    ensure(name, dueAt) {
      const present = db.one<{ due_at: number }>("SELECT due_at FROM timers WHERE name = ?", name);
      const now = firing.get(name);
      if (now && present?.due_at === now.due) now.again = Math.min(now.again ?? dueAt, dueAt);
      else if (!present || present.due_at > dueAt) set(name, dueAt);
      else arm();
    },
    clear(name) {
      db.run("DELETE FROM timers WHERE name = ?", name);
      arm();
    },
    rearm() {
      armedFor = undefined;
      arm();
    },
    async fire() {
      armedFor = undefined;
      const due = db.all<{ name: string; due_at: number }>(
        "SELECT name, due_at FROM timers WHERE due_at <= ? ORDER BY due_at",
        clock.now(),
      );
      for (const timer of due) {
        if (firing.has(timer.name)) continue;
        const enough = new AbortController();
        // One that does not end holds up no other.
        await Promise.race([work(timer.name, timer.due_at), clock.sleep(patienceMs, enough.signal).catch(() => {})]);
        enough.abort();
        const own = firing.get(timer.name);
        if (own) own.late = true;
      }
      arm();
    },
  };

  async function work(name: string, due: number): Promise<void> {
    const own: Firing = { due };
    firing.set(name, own);
    try {
      await works[name]?.();
      // Only this firing: the work may have set the timer anew.
      if (own.again === undefined) db.run("DELETE FROM timers WHERE name = ? AND due_at = ?", name, due);
      else db.run("UPDATE timers SET due_at = ? WHERE name = ? AND due_at = ?", own.again, name, due);
    } catch (error) {
      log.error("timer.failed", { timer: name, error });
      db.run("UPDATE timers SET due_at = ? WHERE name = ?", clock.now() + retryMs, name);
    } finally {
      firing.delete(name);
      if (own.late) arm();
    }
  }
}
