import { expect, test } from "vitest";
import { createTestDatabase } from "../../../../tests/support/database.ts";
import { migrations } from "../catalog/migrations.ts";
import { migrate } from "../storage/migrations.ts";
import { isInternal, namedPolicyOf, namedTables } from "./table-policy.ts";

function tablesOf(extra: readonly string[] = []): string[] {
  const db = createTestDatabase();
  const clock = { now: () => 1, sleep: async () => {} };
  migrate(db, [...migrations, { name: "9999-extra", statements: extra }], clock);
  return db.all<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table'").map(({ name }) => name);
}

const unnamed = (tables: readonly string[]) => tables.filter((name) => namedPolicyOf(name) === undefined);

test("every table that a migration makes has a policy in snapshots/table-policy.ts", () => {
  expect(unnamed(tablesOf())).toEqual([]);
});

test("no policy is of a table that is not there", () => {
  const tables = new Set(tablesOf());
  expect(namedTables().filter((name) => !tables.has(name) && !isInternal(name))).toEqual([]);
});

test.each(["_cf_KV", "__miniflare_do_name", "sqlite_sequence", "cut_messages", "staged_messages"])(
  "%s is not ours to save",
  (name) => {
    expect(namedPolicyOf(name)).toBe("local");
  },
);

test("a table without a policy is found", () => {
  expect(unnamed(tablesOf(["CREATE TABLE budgets_of_tomorrow (id TEXT PRIMARY KEY)"]))).toEqual(["budgets_of_tomorrow"]);
});
