/** Rows of calls: what is kept, found, judged and forgotten; and the sums beside them. */

import { MoltError } from "@moltworker/protocol/errors";
import { expect, test } from "vitest";
import {
  createGovernorWorld,
  type GovernorWorld,
  outcomeOf,
  ownCaller,
  plannedCall,
} from "../../../../../tests/support/governor.ts";
import type { CallOutcome, PlannedCall } from "./governor.ts";

const log = { bodies: true, keepDays: 30, maxRows: 100, maxMegabytes: 1 };

async function made(
  world: GovernorWorld,
  planned: Partial<PlannedCall> = {},
  outcome: Partial<CallOutcome> = {},
): Promise<string> {
  const call = plannedCall({ askedAt: world.clock.now(), ...planned });
  await world.governor.admit(call);
  world.governor.settle({ ...outcomeOf(call, { input: 100, output: 10, cacheRead: 40 }), ...outcome });
  world.clock.advance(1);
  return call.callId;
}

test("a row holds what was asked, what came of it and what it cost", async () => {
  const world = createGovernorWorld({ log });
  const attempts = [
    {
      provider: "openai",
      model: "big",
      keyAlias: "spare",
      status: 429,
      startedAt: 1,
      durationMs: 2,
      error: "PROVIDER_RATE_LIMITED" as const,
      usage: null,
    },
  ];
  const id = await made(
    world,
    { metadata: { team: "7" } },
    { attempts, estimated: true, eventId: "ev", requestBody: '{"a":1}', responseBody: "{}" },
  );
  world.governor.flush();
  expect(world.governor.log.get(id)).toMatchObject({
    sessionKey: "agent:main:main",
    channel: "webchat",
    provider: "openai",
    costUsd: 0.0002,
    inputTokens: 100,
    cacheRead: 40,
    estimated: true,
    error: null,
    metadata: { team: "7" },
    eventId: "ev",
    attempts: [{ keyAlias: "spare", status: 429, error: "PROVIDER_RATE_LIMITED" }],
    hasBodies: true,
  });
  expect(world.governor.log.bodies(id)).toEqual({ request: '{"a":1}', response: "{}" });
});

test("secrets in bodies are blotted out", async () => {
  const world = createGovernorWorld({ log });
  const secret = `sk-${"a".repeat(30)}`;
  const id = await made(
    world,
    {},
    { requestBody: `{"text":"my key is ${secret}","api_key":"hunter2\\"x"}`, responseBody: `Bearer ${"b".repeat(20)}` },
  );
  world.governor.flush();
  const bodies = JSON.stringify(world.governor.log.bodies(id));
  expect(bodies).not.toMatch(/sk-a|hunter2|bbbb/);
  expect(bodies).toContain("my key is");
});

test("bodies are not kept unless the settings say so; a caller may ask for no row, which changes no sum", async () => {
  const world = createGovernorWorld({ log: { ...log, bodies: false } });
  const id = await made(world, {}, { requestBody: "{}" });
  const silent = await made(world, {}, { collectLog: false });
  world.governor.flush();
  expect(world.governor.log.get(id)?.hasBodies).toBe(false);
  expect(world.governor.log.get(silent)).toBeUndefined();
  const usage = world.governor.usage({
    kind: "model",
    from: world.clock.now() - 3_600_000,
    until: world.clock.now() + 1,
    stepMs: 3_600_000,
  });
  expect(usage.totals).toMatchObject({ calls: 2, input: 200, output: 20, costUsd: 0.0004 });
  expect(usage.top).toMatchObject([{ key: "openai/big", calls: 2 }]);
});

test("refusals are rows; whoever knocks without end gets only some, and is counted whole", async () => {
  const world = createGovernorWorld({ log, deny: { all: { model: "*" } } });
  for (let at = 0; at < 50; at += 1) await world.governor.admit(plannedCall({ askedAt: world.clock.now() })).catch(() => {});
  world.governor.flush();
  expect(world.governor.log.list({ success: false }, { limit: 100 }).rows).toHaveLength(20);
  expect(world.governor.byKey("provider", 0, world.clock.now() + 1).get("openai")).toMatchObject({ calls: 50, errors: 50 });
});

test("pages follow each other without a gap or a double", async () => {
  const world = createGovernorWorld({ log });
  const ids: string[] = [];
  for (let at = 0; at < 25; at += 1) ids.push(await made(world, { callId: `mc_${String(at).padStart(3, "0")}` }));
  world.governor.flush();
  const seen: string[] = [];
  for (let before: string | undefined, more = true; more; ) {
    const page = world.governor.log.list({}, { limit: 10, before });
    seen.push(...page.rows.map((row) => row.id));
    more = page.next !== null;
    before = page.next ?? undefined;
  }
  expect(seen).toEqual(ids.reverse());
});

test.each<[string, object, string[]]>([
  ["session", { sessionKey: "other" }, ["b"]],
  ["failures", { success: false }, ["c"]],
  ["metadata", { metadataKey: "team", metadataValue: "7" }, ["d"]],
  ["model by its whole name", { model: "openai/small" }, ["e"]],
  ["words", { search: "PROVIDER_q" }, ["c"]],
  ["a percent sign is a percent sign", { search: "%" }, []],
  ["cache", { cache: "HIT" }, ["f"]],
])("found by %s", async (_name, filter, expected) => {
  const world = createGovernorWorld({ log });
  await made(world, { callId: "b", caller: { ...ownCaller, sessionKey: "other" } });
  await made(world, { callId: "c" }, { error: new MoltError("PROVIDER_QUOTA"), status: 402 });
  await made(world, { callId: "d", metadata: { team: 7 } });
  await made(world, { callId: "e", model: "small" }, { model: "small" });
  await made(world, { callId: "f" }, { cacheStatus: "HIT", usage: null });
  world.governor.flush();
  expect(world.governor.log.list(filter, { limit: 10 }).rows.map((row) => row.id)).toEqual(expected);
});

test("the oldest go when there are too many, too large or too old, with their bodies", async () => {
  const world = createGovernorWorld({ log });
  for (let at = 0; at < 130; at += 1) await made(world, { callId: `mc_${String(at).padStart(3, "0")}` }, { requestBody: "x" });
  world.governor.flush();
  const rows = world.governor.log.list({}, { limit: 200 }).rows;
  expect(rows.length).toBe(100);
  expect(rows[0]?.id).toBe("mc_129");
  for (let at = 0; at < 8; at += 1) await made(world, { callId: `mz_${at}` }, { requestBody: "y".repeat(300_000) });
  world.governor.flush();
  expect(world.governor.log.size().bytes).toBeLessThan(1_048_576);
  expect(world.governor.log.get("mz_7")).toBeDefined();
  const left = world.governor.log.size().rows;
  expect(world.db.one<{ n: number }>("SELECT count(*) AS n FROM gateway_bodies")?.n).toBe(left);
  world.clock.advance(31 * 86_400_000);
  world.governor.prune(world.clock.now());
  expect(world.governor.log.size()).toEqual({ rows: 0, bytes: 0 });
});

test("feedback is kept and taken back", async () => {
  const world = createGovernorWorld({ log });
  const id = await made(world);
  world.governor.flush();
  expect(world.governor.log.setFeedback(id, { feedback: 1, score: 80, metadata: { by: "Ada" } })).toBe(true);
  expect(world.governor.log.get(id)).toMatchObject({ feedback: 1, score: 80, metadata: { by: "Ada" } });
  world.governor.log.setFeedback(id, { feedback: null });
  expect(world.governor.log.get(id)).toMatchObject({ feedback: null, score: 80 });
  expect(world.governor.log.setFeedback("nobody", { feedback: 1 })).toBe(false);
});

test("a crash loses at most the rows that waited, and no money", async () => {
  const world = createGovernorWorld({ log, budgets: { b: { scope: "all", per: "day", usd: 1 } } });
  const written = await made(world);
  world.governor.flush();
  const lost = await made(world);
  world.crash();
  expect(world.governor.log.get(written)).toBeDefined();
  expect(world.governor.log.get(lost)).toBeUndefined();
  const [budget] = world.governor.budgets(world.clock.now());
  // The second call's cost was not written; its hold was, and counts.
  expect(budget?.spentUsd).toBeCloseTo(0.0002 + 0.011, 9);
});

test("a budget begun afresh has all of its money again, but for what is held", async () => {
  const world = createGovernorWorld({ budgets: { b: { scope: "all", per: "day", usd: 0.03 } } });
  await made(world, {}, { usage: { input: 0, output: 1_000, cacheRead: 0, cacheWrite: 0, reasoning: 0 } });
  await world.governor.admit(plannedCall());
  expect(world.governor.budgets(world.clock.now())).toMatchObject([{ spentUsd: 0.01, reservedUsd: 0.011, step: "ok" }]);
  expect(world.governor.resetBudget("b", "", world.clock.now())).toBe(true);
  expect(world.governor.budgets(world.clock.now())).toMatchObject([{ spentUsd: 0, reservedUsd: 0.011 }]);
  expect(world.governor.resetBudget("b", "nobody", world.clock.now())).toBe(false);
});
