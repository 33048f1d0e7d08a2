import type { LogRow } from "@moltworker/protocol/rows";
import { describe, expect, it } from "vitest";
import { createTestDatabase } from "../../../../tests/support/database.ts";
import { createTestClock } from "../../../../tests/support/identity.ts";
import { createLog } from "../platform/log.ts";
import { createLogRing, logRingMigration } from "./log-ring.ts";
import { migrate } from "./migrations.ts";

function opened(known: string[] = []) {
  const db = createTestDatabase();
  migrate(db, [logRingMigration], createTestClock());
  const heard: LogRow[] = [];
  const ring = createLogRing(db, (row) => heard.push(row));
  return { db, ring, heard, log: createLog(ring.append, () => known) };
}

const events = (rows: LogRow[]) => rows.map((row) => row.event);

describe("the log as rows", () => {
  it("keeps what matters in order, told as it comes; what is said at every turn is left out", () => {
    const { ring, heard, log } = opened();
    log.debug("run.ended", { runId: "r" });
    log.info("auth.signed-in", { by: "link" });
    log.warn("auth.refused", { message: "why", address: "1.2.3.4" });
    expect(ring.list({ limit: 9 })).toEqual(heard);
    expect(heard).toMatchObject([
      { id: 1, level: "info", event: "auth.signed-in", fields: { by: "link" } },
      { id: 2, level: "warn", event: "auth.refused", message: "why", fields: { address: "1.2.3.4" } },
    ]);
  });

  it("is read by level, event, words and page", () => {
    const { ring, log } = opened();
    for (let index = 1; index <= 6; index += 1) log.info("a.one", { n: index });
    log.error("b.two", { message: "It Broke" });
    expect(events(ring.list({ limit: 9, level: "error" }))).toEqual(["b.two"]);
    expect(events(ring.list({ limit: 9, event: "b." }))).toEqual(["b.two"]);
    expect(events(ring.list({ limit: 9, search: "it broke" }))).toEqual(["b.two"]);
    expect(ring.list({ limit: 2, before: 5 }).map((row) => row.id)).toEqual([3, 4]);
    expect(ring.list({ limit: 2, after: 2 }).map((row) => row.id)).toEqual([3, 4]);
    expect(ring.list({ limit: 9, search: "100%_" })).toEqual([]);
  });

  it("is bounded; a reader who fell behind is told so", () => {
    const { ring, log } = opened();
    for (let index = 0; index < 5_250; index += 1) log.info("x", { index });
    expect(ring.list({ limit: 10_000 }).length).toBe(5_000);
    const first = ring.tail({ limit: 3, maxBytes: 10_000 });
    expect(first).toMatchObject({ cursor: 5_250, size: 5_250, truncated: true, reset: false });
    expect(first.lines).toHaveLength(3);
    log.info("y");
    expect(ring.tail({ cursor: first.cursor, limit: 9, maxBytes: 10_000 })).toMatchObject({
      cursor: 5_251,
      truncated: false,
      reset: false,
    });
    expect(ring.tail({ cursor: first.cursor + 1, limit: 9, maxBytes: 10_000 }).lines).toEqual([]);
    expect(ring.tail({ cursor: 3, limit: 9, maxBytes: 10_000 }).reset).toBe(true);
    expect(ring.tail({ cursor: 9_999, limit: 9, maxBytes: 10_000 }).reset).toBe(true);
    expect(ring.tail({ cursor: 5_000, limit: 500, maxBytes: 300 })).toMatchObject({ truncated: true });
  });

  it("cuts a line that is no line any more, and a broken one stops nothing", () => {
    const { ring, log } = opened();
    log.error("huge", Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`f${index}`, "x".repeat(3_000)])));
    ring.append("not JSON");
    ring.append('{"level":"info"}');
    const rows = ring.list({ limit: 9 });
    expect(rows[0]).toMatchObject({ event: "huge", fields: { cut: true } });
    expect(JSON.stringify(rows[0]).length).toBeLessThan(20_000);
  });

  it("holds no secret: known values, shapes, and what stands under a telling name", () => {
    const odd = "pässword of the house";
    const { ring, db, log } = opened([odd]);
    log.warn("model.try_failed", {
      error: new Error(`401 for sk-canary-0123456789 at https://a.example/?key=AIza${"b".repeat(35)}`),
      said: `the house said ${odd}!`,
      apiKey: "anything",
      nested: { list: [`123456789:${"A".repeat(35)}`] },
    });
    const text = JSON.stringify([
      ring.list({ limit: 9 }),
      ring.tail({ limit: 9, maxBytes: 99_999 }),
      db.all("SELECT * FROM log_lines"),
    ]);
    for (const secret of ["canary", odd, "anything", "bbbbbbbb", "AAAAAAAA"]) expect(text).not.toContain(secret);
    expect(text).toContain("the house said [redacted]!");
  });
});
