import { expect, test } from "vitest";
import { createTestDatabase } from "../../../../tests/support/database.ts";
import { createFence } from "./fence.ts";

test("a fence lets everything through until it is shut, then nothing, whatever the call", () => {
  const inner = createTestDatabase();
  const { db, shut } = createFence(inner);
  db.run("CREATE TABLE t (a INTEGER)");
  expect(db.transaction(() => db.run("INSERT INTO t VALUES (?), (?)", 1, 2))).toBe(2);
  expect([db.all("SELECT a FROM t").length, db.one("SELECT max(a) AS m FROM t"), [...db.values("SELECT a FROM t")]]).toEqual([
    2,
    { m: 2 },
    [[1], [2]],
  ]);
  const over = new Error("this life is over");
  shut(over);
  shut(new Error("a second reason"));
  const calls = [
    () => db.run("INSERT INTO t VALUES (3)"),
    () => db.all("INSERT INTO t VALUES (3) RETURNING a"),
    () => db.one("SELECT 1"),
    () => db.values("SELECT 1"),
    () => db.transaction(() => inner.run("INSERT INTO t VALUES (3)")),
  ];
  for (const call of calls) expect(call).toThrow(over);
  expect(inner.one("SELECT count(*) AS n FROM t")).toEqual({ n: 2 });
});
