/** Tries of the assistant's own calls: what is kept of them, and for how long. */

import { expect, test } from "vitest";
import { createTestDatabase } from "../../../../tests/support/database.ts";
import { migrations } from "../catalog/migrations.ts";
import { migrate } from "../storage/migrations.ts";
import type { CallRow } from "./call-row.ts";
import { createUsageLog, pruneUsage } from "./usage-log.ts";

const clock = { now: () => 10_000, sleep: async () => {} };

function filled(times: number[]) {
  const db = createTestDatabase();
  migrate(db, migrations, clock);
  const log = createUsageLog(db, clock);
  const row: Omit<CallRow, "at"> = {
    ...{ durationMs: 5, firstByteMs: 1, provider: "openai", model: "big", sessionKey: "s", runId: "r", step: 1, attempt: 1 },
    outcome: "ok",
    usage: { input: 3, output: 4, cacheRead: 1, cacheWrite: 0, reasoning: 2, cost: null, estimated: true } as CallRow["usage"],
  };
  for (const at of times) log.record({ ...row, at });
  const left = () => db.all<{ at: number }>("SELECT started_at AS at FROM model_calls ORDER BY started_at").map(({ at }) => at);
  return { db, left };
}

test("a try is a row with what it used, and says when that is an estimate", () => {
  const { db } = filled([1]);
  expect(
    db.one("SELECT input_tokens, output_tokens, cache_read, reasoning_tokens, cost_usd, estimated FROM model_calls"),
  ).toEqual({
    ...{ input_tokens: 3, output_tokens: 4, cache_read: 1, reasoning_tokens: 2 },
    cost_usd: null,
    estimated: 1,
  });
});

test("rows older than the log keeps go, the others stay", () => {
  const { db, left } = filled([100, 200, 300, 400]);
  pruneUsage(db, 300, 1_000);
  expect(left()).toEqual([300, 400]);
});

test("of more rows than the log keeps the oldest go", () => {
  const { db, left } = filled([500, 100, 400, 200, 300]);
  pruneUsage(db, 0, 3);
  expect(left()).toEqual([300, 400, 500]);
  pruneUsage(db, 0, 3);
  expect(left()).toEqual([300, 400, 500]);
});
