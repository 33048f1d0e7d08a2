import { describe, expect, test } from "vitest";
import { createTestDatabase } from "../../../../tests/support/database.ts";
import { migrations } from "../catalog/migrations.ts";
import { systemClock } from "../platform/clock.ts";
import { type Migration, migrate } from "./migrations.ts";

const first: Migration = { name: "one", statements: ["CREATE TABLE one (a)"] };
const second: Migration = { name: "two", statements: ["CREATE TABLE two (a)", "INSERT INTO two VALUES (1)"] };

describe("migrations", () => {
  test("apply once, in order, and only what is missing", () => {
    const db = createTestDatabase();
    expect(migrate(db, [first], systemClock)).toEqual(["one"]);
    expect(migrate(db, [first, second], systemClock)).toEqual(["two"]);
    expect(migrate(db, [first, second], systemClock)).toEqual([]);
    expect(db.all("SELECT a FROM two")).toEqual([{ a: 1 }]);
  });

  test("one that fails leaves nothing of itself, and the next start tries again", () => {
    const db = createTestDatabase();
    const broken: Migration = { name: "two", statements: ["CREATE TABLE two (a)", "INSERT INTO nothing VALUES (1)"] };
    expect(() => migrate(db, [first, broken], systemClock)).toThrow();
    expect(db.one("SELECT name FROM sqlite_master WHERE name = 'two'")).toBeUndefined();
    expect(migrate(db, [first, second], systemClock)).toEqual(["two"]);
  });

  test("a database from a newer version, or of another history, is refused and not touched", () => {
    const db = createTestDatabase();
    migrate(db, [first, second], systemClock);
    expect(() => migrate(db, [first], systemClock)).toThrowError(
      expect.objectContaining({ code: "STORAGE_CORRUPT", message: expect.stringContaining("newer") }),
    );
    expect(() => migrate(db, [second, first], systemClock)).toThrowError(expect.objectContaining({ code: "STORAGE_CORRUPT" }));
  });

  test("the product's own all apply, and their names are unique", () => {
    const names = migrations.map((migration) => migration.name);
    expect(new Set(names).size).toBe(names.length);
    expect(migrate(createTestDatabase(), migrations, systemClock)).toEqual(names);
  });
});
