import { describe, expect, test } from "vitest";
import { createTestDatabase } from "../../../../tests/support/database.ts";
import { systemClock } from "../platform/clock.ts";
import { migrate } from "../storage/migrations.ts";
import { createEventLog, eventsMigration } from "./event-log.ts";

function freshDatabase() {
  const db = createTestDatabase();
  migrate(db, [eventsMigration], systemClock);
  return db;
}

describe("the event log", () => {
  test("gives exactly what came after a cursor, also to the next process", () => {
    const db = freshDatabase();
    const log = createEventLog(db, systemClock);
    const cursors = ["a", "b", "c"].map((name) => log.append("tick", JSON.stringify({ name })));
    const next = createEventLog(db, systemClock);
    expect(next.cursor()).toBe(cursors[2]);
    expect(next.since(cursors[0] ?? 0)?.map((entry) => JSON.parse(entry.payload))).toEqual([{ name: "b" }, { name: "c" }]);
    expect(next.since(cursors[2] ?? 0)).toEqual([]);
  });

  test("a cursor from the future, or from before what is kept, is not answered with a hole", () => {
    const db = freshDatabase();
    const log = createEventLog(db, systemClock);
    for (let index = 0; index < 20_100; index += 1) log.append("tick", "{}");
    expect(log.since(30_000)).toBeUndefined();
    expect(log.since(1)).toBeUndefined();
    log.prune();
    expect(log.since(50)).toBeUndefined();
    expect(log.since(20_000)).toHaveLength(100);
    expect(db.one("SELECT count(*) AS n FROM events")).toEqual({ n: 20_000 });
  });

  test("numbers are never given twice, even when everything was pruned", () => {
    const db = freshDatabase();
    const log = createEventLog(db, systemClock);
    const last = log.append("tick", "{}");
    db.run("DELETE FROM events");
    expect(createEventLog(db, systemClock).append("tick", "{}")).toBe(last + 1);
  });
});
