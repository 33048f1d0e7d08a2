import { describe, expect, test } from "vitest";
import { createTestDatabase } from "../../../../tests/support/database.ts";
import { createTestClock } from "../../../../tests/support/identity.ts";
import { migrate } from "../storage/migrations.ts";
import { createSecrets, MAX_SECRET_BYTES, secretsMigration } from "./secrets.ts";

function fresh() {
  const db = createTestDatabase();
  const clock = createTestClock();
  migrate(db, [secretsMigration], clock);
  return { db, secrets: createSecrets(db, clock) };
}

describe("values", () => {
  test.each([
    "a",
    "two words",
    `"quoted" 'both'`,
    "+/=#&%?",
    "pässwörd 🦞",
    "line\nbreak",
    "x".repeat(512),
    "x".repeat(MAX_SECRET_BYTES),
  ])("%j is kept as it is", (value) => {
    const { secrets } = fresh();
    secrets.set("s", `\t ${value} \n`, "typed");
    expect(secrets.get("s")).toBe(value);
  });

  test.each(["", " \n\t", "x".repeat(MAX_SECRET_BYTES + 1)])(
    "an empty or overlong value is refused without being repeated",
    (value) => {
      const { secrets } = fresh();
      secrets.set("s", "before", "typed");
      expect(() => secrets.set("s", value, "typed")).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
      expect(secrets.get("s")).toBe("before");
    },
  );
});

describe("sources", () => {
  test("the environment fills an empty place and follows its variable", () => {
    const { secrets } = fresh();
    secrets.seed("s", "one");
    expect([secrets.get("s"), secrets.source("s")]).toEqual(["one", "environment"]);
    secrets.seed("s", " two ");
    expect(secrets.get("s")).toBe("two");
  });

  test("what a person typed is never replaced", () => {
    const { secrets } = fresh();
    secrets.seed("s", "one");
    secrets.set("s", "mine", "typed");
    secrets.seed("s", "one");
    secrets.seed("s", "two");
    expect([secrets.get("s"), secrets.source("s")]).toEqual(["mine", "typed"]);
  });

  test("what was made here gives way to the environment", () => {
    const { secrets } = fresh();
    secrets.set("s", "made", "made");
    secrets.seed("s", "one");
    expect([secrets.get("s"), secrets.source("s")]).toEqual(["one", "environment"]);
  });

  test("a deleted secret is gone from the database and comes back only with a changed variable", () => {
    const { db, secrets } = fresh();
    secrets.seed("s", "sk-very-secret");
    secrets.delete("s");
    expect([secrets.get("s"), secrets.source("s")]).toEqual([undefined, undefined]);
    expect(JSON.stringify(db.all("SELECT * FROM secrets"))).not.toContain("very-secret");
    secrets.seed("s", "sk-very-secret");
    expect(secrets.get("s")).toBeUndefined();
    secrets.seed("s", "sk-new");
    expect(secrets.get("s")).toBe("sk-new");
  });

  test("the version rises with each change, deletion included, and with nothing else", () => {
    const { secrets } = fresh();
    const versions = [secrets.version("s")];
    for (const change of [
      () => secrets.set("s", "a", "typed"),
      () => secrets.set("s", "a", "typed"),
      () => secrets.delete("s"),
      () => secrets.set("s", "a", "typed"),
    ]) {
      change();
      versions.push(secrets.version("s"));
    }
    expect(versions).toEqual([0, 1, 1, 2, 3]);
  });
});
