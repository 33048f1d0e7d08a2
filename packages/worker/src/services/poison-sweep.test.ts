import { expect, test } from "vitest";
import { createTestDatabase } from "../../../../tests/support/database.ts";
import { migrations } from "../catalog/migrations.ts";
import { createMarks } from "../storage/marks.ts";
import { migrate } from "../storage/migrations.ts";
import { createQuarantine } from "../storage/quarantine.ts";
import { sweepAtWake } from "./poison-sweep.ts";

const dayMs = 86_400_000;

function world() {
  const clock = { now: () => 1, sleep: async () => {} };
  const db = createTestDatabase();
  migrate(db, migrations, clock);
  const quarantine = createQuarantine(db, clock);
  let seq = 0;
  return {
    quarantine,
    message: (body: string) =>
      db.run(
        "INSERT INTO messages (id, session_key, revision, seq, role, body, created_at) VALUES (?, 's', 1, ?, 'user', ?, 1)",
        `msg_${++seq}`,
        seq,
        body,
      ),
    spoil: (id: string) => db.run("UPDATE messages SET body = '{half' WHERE id = ?", id),
    empty: () => db.run("DELETE FROM messages"),
    wake: (now: number, object: { id: string; isFileReachable: boolean }) =>
      sweepAtWake({ db, quarantine, marks: createMarks(db), now }, object),
  };
}

test("a wake looks at the rows that came since, and at all of them once a day", () => {
  const { message, spoil, wake, quarantine } = world();
  const object = { id: "on-cloudflare", isFileReachable: false };
  for (let round = 0; round < 3; round += 1) message("{}");
  expect(wake(1_000, object)).toEqual({});
  spoil("msg_1");
  message("{half");
  expect(wake(2_000, object)).toEqual({ messages: 1 });
  expect(quarantine.list(9).map(({ name }) => name)).toEqual(["msg_4"]);
  expect(wake(1_000 + dayMs, object)).toEqual({});
  expect(wake(1_001 + dayMs, object)).toEqual({ messages: 1 });
  expect(quarantine.count()).toBe(2);
});

test("where others can reach the file, a program that starts looks at everything", () => {
  const { message, spoil, wake } = world();
  message("{}");
  expect(wake(1_000, { id: "first life", isFileReachable: true })).toEqual({});
  spoil("msg_1");
  expect(wake(1_001, { id: "first life", isFileReachable: true })).toEqual({});
  expect(wake(1_002, { id: "second life", isFileReachable: true })).toEqual({ messages: 1 });
});

test("a table that was emptied is looked at from its beginning", () => {
  const { message, empty, wake } = world();
  const object = { id: "emptied", isFileReachable: false };
  for (let round = 0; round < 5; round += 1) message("{}");
  wake(1_000, object);
  empty();
  wake(1_001, object);
  message("{half");
  expect(wake(1_002, object)).toEqual({ messages: 1 });
});
