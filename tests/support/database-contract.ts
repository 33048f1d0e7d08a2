/** What code may rely on in a Database. Runs against the Durable Object's and against the one of unit tests: both must agree. */

import { expect, it } from "vitest";
import type { Database } from "../../packages/worker/src/storage/database.ts";

export function describeDatabase(withDatabase: (work: (db: Database) => void) => Promise<void>): void {
  const table = (db: Database) => db.run("CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT UNIQUE, data BLOB)");
  const names = (db: Database) => db.all<{ name: string }>("SELECT name FROM items ORDER BY id").map((row) => row.name);

  it("gives back every kind of value", () =>
    withDatabase((db) => {
      table(db);
      const bytes = Uint8Array.from([0, 255, 1]);
      db.run("INSERT INTO items (id, name, data) VALUES (?, ?, ?)", 2 ** 41, "né🦞", bytes.buffer);
      db.run("INSERT INTO items (id, name, data) VALUES (?, ?, ?)", 1, null, new ArrayBuffer(0));
      const row = db.one<{ id: number; name: string; data: ArrayBuffer }>("SELECT * FROM items WHERE name = ?", "né🦞");
      expect(row).toMatchObject({ id: 2 ** 41, name: "né🦞" });
      expect(row?.data).toBeInstanceOf(ArrayBuffer);
      expect([...new Uint8Array(row?.data ?? new ArrayBuffer(0))]).toEqual([0, 255, 1]);
      expect(db.one<{ name: null; data: ArrayBuffer }>("SELECT name, data FROM items WHERE id = 1")).toMatchObject({
        name: null,
      });
      expect(db.one("SELECT * FROM items WHERE id = 7")).toBeUndefined();
      expect(db.all("SELECT * FROM items WHERE id = 7")).toEqual([]);
    }));

  it("counts written rows: none is 0, some is more", () =>
    withDatabase((db) => {
      table(db);
      expect(db.run("INSERT INTO items (name) VALUES (?)", "a")).toBeGreaterThan(0);
      expect(db.run("INSERT OR IGNORE INTO items (name) VALUES (?)", "a")).toBe(0);
      expect(db.run("UPDATE items SET name = ? WHERE name = ?", "b", "none")).toBe(0);
      expect(db.run("DELETE FROM items WHERE name = ?", "a")).toBeGreaterThan(0);
      expect(db.all("INSERT INTO items (name) VALUES (?) RETURNING name", "c")).toEqual([{ name: "c" }]);
    }));

  it("takes several statements at once, and numbered bindings", () =>
    withDatabase((db) => {
      table(db);
      db.run("INSERT INTO items (name) VALUES ('a'); INSERT INTO items (name) VALUES ('b')");
      expect(names(db)).toEqual(["a", "b"]);
      expect(db.one("SELECT ?2 AS second, ?1 AS first", "x", "y")).toEqual({ first: "x", second: "y" });
    }));

  it("rolls back what threw, and only that", () =>
    withDatabase((db) => {
      table(db);
      const add = (name: string) => db.run("INSERT INTO items (name) VALUES (?)", name);
      const kept = db.transaction(() => {
        add("outer");
        const inner = () =>
          db.transaction(() => {
            add("inner");
            add("inner");
          });
        expect(inner).toThrow(/UNIQUE/);
        db.transaction(() => add("second"));
        return "value";
      });
      expect(kept).toBe("value");
      expect(names(db)).toEqual(["outer", "second"]);
      const broken = () =>
        db.transaction(() => {
          db.transaction(() => add("lost"));
          throw new Error("outer failed");
        });
      expect(broken).toThrow("outer failed");
      expect(names(db)).toEqual(["outer", "second"]);
    }));
}
