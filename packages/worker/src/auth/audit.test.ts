/** The audit: what is written, that no secret is in it, how it is read, and that it stays bounded. */

import { expect, test } from "vitest";
import { createTestDatabase } from "../../../../tests/support/database.ts";
import { createTestClock, createTestIdentity, TOKEN } from "../../../../tests/support/identity.ts";
import { migrate } from "../storage/migrations.ts";
import { auditGuardMigration, auditMigration, createAudit, MAX_AUDIT_ROWS } from "./audit.ts";

function fresh() {
  const db = createTestDatabase();
  const clock = createTestClock();
  migrate(db, [auditMigration, auditGuardMigration], clock);
  return { db, clock, audit: createAudit(db, clock) };
}

test("is read newest first, page by page, and searched in every word", () => {
  const { audit } = fresh();
  for (let index = 1; index <= 5; index += 1)
    audit.record({
      who: `owner ws_${index}`,
      surface: "socket",
      action: "config.patch",
      outcome: "ok",
      detail: `Agent.name ${index}`,
    });
  const [first, second] = audit.list({ limit: 2 });
  expect([first?.detail, second?.detail]).toEqual(["Agent.name 5", "Agent.name 4"]);
  expect(audit.list({ limit: 2, before: second?.id ?? 0 }).map(({ detail }) => detail)).toEqual(["Agent.name 3", "Agent.name 2"]);
  expect(audit.list({ limit: 10, search: " WS_3 " })).toHaveLength(1);
  expect(audit.list({ limit: 10, search: "100%_" })).toEqual([]);
});

test("is asked by action, who, outcome and time", () => {
  const { audit, clock } = fresh();
  const record = (action: string, outcome: string, who = "owner ws_1") => audit.record({ who, surface: "http", action, outcome });
  record("sign-in", "ok");
  record("credential", "AUTH_TOKEN_MISMATCH", "nobody");
  clock.advance(60_000);
  const later = clock.now();
  record("config.patch", "ok");
  record("config.restore", "CONFLICT");
  const actions = (filter: object) => audit.list({ limit: 9, ...filter }).map(({ action }) => action);
  expect(actions({ action: "config." })).toEqual(["config.restore", "config.patch"]);
  expect(actions({ who: "nobody" })).toEqual(["credential"]);
  expect(actions({ outcome: "refused" })).toEqual(["config.restore", "credential"]);
  expect(actions({ outcome: "done" })).toEqual(["config.patch", "sign-in"]);
  expect(actions({ outcome: "CONFLICT", action: "config.restore" })).toEqual(["config.restore"]);
  expect(actions({ since: later })).toEqual(["config.restore", "config.patch"]);
  expect(actions({ until: later })).toEqual(["credential", "sign-in"]);
});

test("cannot be changed, emptied or written over", () => {
  const { db, audit } = fresh();
  audit.record({ who: "x", surface: "http", action: "one", outcome: "ok" });
  audit.record({ who: "x", surface: "http", action: "two", outcome: "ok" });
  const attempts = [
    "UPDATE audit SET who = 'somebody else'",
    "DELETE FROM audit",
    "DELETE FROM audit WHERE id = 1",
    "INSERT OR REPLACE INTO audit (id, at, who, surface, action, outcome) VALUES (1, 0, 'y', 'http', 'z', 'ok')",
  ];
  for (const attempt of attempts) expect(() => db.run(attempt), attempt).toThrow(/only added to/);
  expect(audit.list({ limit: 9 }).map(({ who, action }) => `${who} ${action}`)).toEqual(["x two", "x one"]);
});

test("keeps its newest 100,000 rows", () => {
  const { db, audit } = fresh();
  db.run(
    `INSERT INTO audit (at, who, surface, action, outcome) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
     SELECT i, 'x', 'http', 'x', 'ok' FROM n`,
    MAX_AUDIT_ROWS + 50,
  );
  audit.prune();
  expect(db.one("SELECT COUNT(*) AS count, MIN(id) AS first FROM audit")).toEqual({ count: MAX_AUDIT_ROWS, first: 51 });
});

test("sign-ins, refusals and sign-outs are in it; what was presented is not", async () => {
  const { auth, audit, db } = createTestIdentity(createTestDatabase());
  const here = { address: "192.0.2.7", secure: false };
  await auth.redeemToken("canary-of-a-guess", here).catch(() => undefined);
  const { principal } = await auth.redeemToken(TOKEN, here);
  auth.endSession(principal);
  expect(audit.list({ limit: 10 }).map(({ action, outcome, address }) => [action, outcome, address])).toEqual([
    ["sign-out", "ok", null],
    ["sign-in", "ok", "192.0.2.7"],
    ["credential", "AUTH_TOKEN_MISMATCH", "192.0.2.7"],
  ]);
  const rows = JSON.stringify(db.all("SELECT * FROM audit"));
  for (const canary of ["canary-of-a-guess", TOKEN]) expect(rows).not.toContain(canary);
});
