/** Each policy by itself, their order, and the books. */

import { MoltError } from "@moltworker/protocol/errors";
import { describe, expect, test } from "vitest";
import { createGovernorWorld, outcomeOf, ownCaller, plannedCall } from "../../../../../tests/support/governor.ts";
import type { Caller, PlannedCall } from "./governor.ts";

const code = (expected: string, details?: object) =>
  expect.objectContaining({ code: expected, ...(details ? { details: expect.objectContaining(details) } : {}) });
const tokenCaller = (own: Caller["own"] = null): Caller => ({
  ...ownCaller,
  tenant: "acme",
  tokenId: "api_1",
  admin: false,
  own,
});

describe("deny rules", () => {
  test("come before the rate limit and before any money is held", async () => {
    const world = createGovernorWorld({
      deny: { "no-big": { model: "openai/b*", reason: "too dear" } },
      rates: { r: { scope: "all", unit: "requests", limit: 1, seconds: 60, window: "fixed" } },
    });
    for (let time = 0; time < 3; time += 1)
      await expect(world.governor.admit(plannedCall())).rejects.toThrow(code("FORBIDDEN", { rule: "no-big" }));
    await world.governor.admit(plannedCall({ model: "small" }));
  });

  test.each<[string, object, Partial<PlannedCall>, boolean]>([
    ["by provider", { model: "openai" }, {}, true],
    ["by tenant", { tenant: "acme" }, { caller: tokenCaller() }, true],
    ["not another tenant", { tenant: "other" }, { caller: tokenCaller() }, false],
    ["by metadata", { metadata: { key: "team", value: "7" } }, { metadata: { team: 7 } }, true],
    ["all fields must fit", { model: "openai/big", tenant: "nobody" }, {}, false],
  ])("%s", async (_name, rule, over, denied) => {
    const { governor } = createGovernorWorld({ deny: { r: rule } });
    const admitted = governor.admit(plannedCall(over));
    if (denied) await expect(admitted).rejects.toThrow(code("FORBIDDEN"));
    else await expect(admitted).resolves.toBeDefined();
  });

  test("a token uses only what it is allowed, also on a further attempt", async () => {
    const { governor } = createGovernorWorld();
    const caller = tokenCaller({ allow: ["openai/small"] });
    await expect(governor.admit(plannedCall({ caller }))).rejects.toThrow(code("FORBIDDEN", { rule: "token" }));
    const call = plannedCall({ caller, model: "small" });
    await governor.admit(call);
    await expect(governor.extend(call.callId, { ...call, model: "big" })).rejects.toThrow(code("FORBIDDEN"));
  });
});

describe("rate limits", () => {
  const at = (askedAt: number, over: Partial<PlannedCall> = {}) => plannedCall({ askedAt, ...over });

  test("a fixed window opens again at its end, and says when", async () => {
    const { governor } = createGovernorWorld({
      rates: { r: { scope: "all", unit: "requests", limit: 2, seconds: 10, window: "fixed" } },
    });
    await governor.admit(at(1_000));
    await governor.admit(at(9_000));
    await expect(governor.admit(at(9_500))).rejects.toMatchObject({ code: "RATE_LIMITED", retryAfterMs: 500 });
    await governor.admit(at(10_000));
  });

  test("a sliding window never holds more than its limit in any span", async () => {
    const { governor } = createGovernorWorld({
      rates: { r: { scope: "all", unit: "requests", limit: 5, seconds: 10, window: "sliding" } },
    });
    const passed: number[] = [];
    for (let now = 0; now < 60_000; now += 137) {
      const ok = await governor.admit(at(now)).then(
        () => true,
        () => false,
      );
      if (ok) passed.push(now);
      expect(passed.filter((then) => then > now - 10_000).length).toBeLessThanOrEqual(5);
    }
    expect(passed.length).toBeGreaterThan(25);
  });

  test("what it says to wait is enough", async () => {
    const { governor } = createGovernorWorld({
      rates: { r: { scope: "session", unit: "requests", limit: 3, seconds: 7, window: "sliding" } },
    });
    for (const now of [0, 100, 200]) await governor.admit(at(now));
    const refusal = (await governor.admit(at(300)).catch((error) => error)) as MoltError;
    await governor.admit(at(300 + (refusal.retryAfterMs as number)));
    // Another session has a count of its own.
    await governor.admit(at(300, { caller: { ...ownCaller, sessionKey: "other" } }));
  });

  test("tokens are held at their most and corrected to what was used; a refused budget gives them back", async () => {
    const world = createGovernorWorld({
      rates: { r: { scope: "all", unit: "tokens", limit: 3_000, seconds: 60, window: "sliding" } },
    });
    const first = plannedCall();
    await world.governor.admit(first);
    await expect(world.governor.admit(plannedCall())).rejects.toThrow(code("RATE_LIMITED"));
    world.governor.settle(outcomeOf(first, { input: 500, output: 100 }));
    world.limits.budgets = { none: { scope: "all", per: "day", usd: 0 } };
    await expect(world.governor.admit(plannedCall())).rejects.toThrow(code("BUDGET_EXCEEDED"));
    world.limits.budgets = {};
    await world.governor.admit(plannedCall());
  });

  test("a token's own limit counts for it alone", async () => {
    const { governor } = createGovernorWorld();
    const caller = tokenCaller({ requestsPerMinute: 1 });
    await governor.admit(plannedCall({ caller }));
    await expect(governor.admit(plannedCall({ caller }))).rejects.toThrow(code("RATE_LIMITED"));
    await governor.admit(plannedCall({ caller: { ...caller, tokenId: "api_2" } }));
  });
});

/** A whole call of 1,000 in and 1,000 out costs at most $0.011. */
describe("budgets", () => {
  test("hold the worst case, give back what was not used, and say what is left", async () => {
    const { governor } = createGovernorWorld({ budgets: { day: { scope: "all", per: "day", usd: 0.02 } } });
    const call = plannedCall();
    expect(await governor.admit(call)).toMatchObject({ reservedUsd: 0.011, remaining: [{ budget: "day", usd: 0.009 }] });
    await expect(governor.admit(plannedCall())).rejects.toThrow(code("BUDGET_EXCEEDED", { step: "stop", budget: "day" }));
    expect(governor.settle(outcomeOf(call, { input: 1_000, output: 100 }))).toEqual({
      costUsd: 0.002,
      estimated: false,
      remaining: [{ budget: "day", usd: 0.018 }],
    });
    // A second time changes nothing.
    governor.settle(outcomeOf(call, { input: 1_000, output: 100 }));
    expect((await governor.admit(plannedCall())).remaining).toEqual([{ budget: "day", usd: 0.007 }]);
  });

  test("begin anew with the day", async () => {
    const { governor } = createGovernorWorld({ budgets: { day: { scope: "all", per: "day", usd: 0.011 } } });
    const call = plannedCall();
    await governor.admit(call);
    await expect(governor.admit(plannedCall())).rejects.toThrow(code("BUDGET_EXCEEDED"));
    await governor.admit(plannedCall({ askedAt: call.askedAt + 43_200_000 }));
  });

  test("begin at the owner's midnight", async () => {
    const day = { d: { scope: "all", per: "day", usd: 0.02 } } as const;
    // It is 12:00 by UTC: in Auckland the next day has just begun.
    const world = createGovernorWorld({ budgets: day, timeZone: "Pacific/Auckland" });
    await world.governor.admit(plannedCall({ askedAt: world.clock.now() - 60_000 }));
    await world.governor.admit(plannedCall({ askedAt: world.clock.now() }));
    const [status] = world.governor.budgets(world.clock.now());
    expect(status?.resetsAt).toBe(Date.UTC(2026, 5, 11, 12));
    await expect(world.governor.admit(plannedCall({ askedAt: world.clock.now() + 1 }))).rejects.toThrow(code("BUDGET_EXCEEDED"));
  });

  test("soft steps come in order: warn, a cheaper model, ask, stop", async () => {
    const world = createGovernorWorld({
      budgets: {
        b: { scope: "session", per: "always", usd: 0.1, warnAt: 0.2, cheaperAt: 0.4, cheaperModel: "openai/small", askAt: 0.6 },
      },
    });
    const spend = async (usd: number, over: Partial<PlannedCall> = {}) => {
      const call = plannedCall({ canSwitchModel: true, ...over });
      const admission = await world.governor.admit(call);
      const model = admission.ref.split("/")[1] as string;
      const output = model === "big" ? (usd * 1e6) / 10 : usd * 1e6;
      world.governor.settle(outcomeOf({ ...call, model }, { output }));
      return admission;
    };
    expect(await spend(0.02)).toMatchObject({ ref: "openai/big", warnings: [] });
    expect((await spend(0.02)).warnings).toEqual(["$0.02 of $0.10 in all for this session is used."]);
    expect(await spend(0.02)).toMatchObject({
      ref: "openai/small",
      warnings: [expect.anything(), expect.stringContaining("openai/small")],
    });
    await expect(spend(0.01)).rejects.toThrow(code("BUDGET_EXCEEDED", { step: "ask", budget: "b" }));
    await spend(0.04, { approvedBudgets: ["b"] });
    await expect(spend(0.01, { approvedBudgets: ["b"] })).rejects.toThrow(code("BUDGET_EXCEEDED", { step: "stop" }));
  });

  test("an answer is shortened to what is left, where the asker can", async () => {
    const { governor } = createGovernorWorld({ budgets: { b: { scope: "all", per: "day", usd: 0.006 } } });
    await expect(governor.admit(plannedCall())).rejects.toThrow(code("BUDGET_EXCEEDED"));
    const admission = await governor.admit(plannedCall({ canShorten: true }));
    expect(admission.maxOutputTokens).toBeGreaterThan(480);
    expect(admission.maxOutputTokens).toBeLessThan(501);
    await expect(governor.admit(plannedCall({ canShorten: true }))).rejects.toThrow(code("BUDGET_EXCEEDED"));
  });

  test("by token, channel, model and metadata; a rule may be for one alone", async () => {
    const { governor } = createGovernorWorld({
      budgets: {
        channel: { scope: "channel", only: "telegram", per: "day", usd: 0.011 },
        team: { scope: "metadata", key: "team", per: "day", usd: 0.022 },
      },
    });
    const on = (channel: string, team: string) => plannedCall({ caller: { ...ownCaller, channel }, metadata: { team } });
    await governor.admit(on("telegram", "a"));
    await expect(governor.admit(on("telegram", "b"))).rejects.toThrow(code("BUDGET_EXCEEDED", { budget: "channel" }));
    await governor.admit(on("web", "a"));
    await expect(governor.admit(on("web", "a"))).rejects.toThrow(code("BUDGET_EXCEEDED", { budget: "team" }));
    const caller = tokenCaller({ budget: { usd: 0.011, per: "month" } });
    await governor.admit(plannedCall({ caller }));
    await expect(governor.admit(plannedCall({ caller }))).rejects.toThrow(code("BUDGET_EXCEEDED", { budget: ":token" }));
  });

  test("a further attempt holds its own worst case", async () => {
    const { governor } = createGovernorWorld({ budgets: { b: { scope: "all", per: "day", usd: 0.025 } } });
    const call = plannedCall();
    await governor.admit(call);
    await governor.extend(call.callId, call);
    await expect(governor.extend(call.callId, call)).rejects.toThrow(code("BUDGET_EXCEEDED"));
    const used = { input: 1_000, output: 0, cacheRead: 0, cacheWrite: 0, reasoning: 0 };
    const attempt = { provider: "openai", model: "big", keyAlias: null, status: 502, startedAt: 0, durationMs: 1, error: null };
    const settled = governor.settle({ ...outcomeOf(call, { output: 100 }), attempts: [{ ...attempt, usage: used }] });
    expect(settled).toMatchObject({ costUsd: 0.002, remaining: [{ usd: 0.023 }] });
  });

  test("a token's holder cannot price itself below the tables; the owner can, and says what the tables do not know", async () => {
    const { governor } = createGovernorWorld({ budgets: { b: { scope: "all", per: "day", usd: 1 } } });
    const customCost = { totalCost: 0 };
    expect(await governor.admit(plannedCall({ caller: tokenCaller(), customCost }))).toMatchObject({ reservedUsd: 0.011 });
    expect(await governor.admit(plannedCall({ customCost }))).toMatchObject({ reservedUsd: 0 });
    const unknown = { model: "unheard-of", caller: tokenCaller() };
    expect((await governor.admit(plannedCall(unknown))).warnings).toEqual([expect.stringContaining("unknown")]);
    expect(await governor.admit(plannedCall({ ...unknown, customCost: { totalCost: 0.5 } }))).toMatchObject({ reservedUsd: 0.5 });
  });

  test("cache hits and refusals of the provider give everything back", async () => {
    const { governor } = createGovernorWorld({ budgets: { b: { scope: "all", per: "day", usd: 0.011 } } });
    for (const over of [{ cacheStatus: "HIT" as const }, { status: 401, error: new MoltError("PROVIDER_KEY_REJECTED") }]) {
      const call = plannedCall();
      await governor.admit(call);
      expect(governor.settle({ ...outcomeOf(call, null), ...over })).toMatchObject({ costUsd: 0, remaining: [{ usd: 0.011 }] });
    }
  });
});

describe("after a crash", () => {
  test("what was held counts as spent; what was settled and written counts once", async () => {
    const world = createGovernorWorld({ budgets: { b: { scope: "all", per: "day", usd: 0.1 } } });
    const settled = plannedCall();
    await world.governor.admit(settled);
    world.governor.settle(outcomeOf(settled, { output: 100 }));
    world.governor.flush();
    await world.governor.admit(plannedCall());
    world.crash();
    const [left] = (await world.governor.admit(plannedCall())).remaining;
    expect(left?.usd).toBeCloseTo(0.1 - 0.001 - 0.011 - 0.011, 9);
  });

  test("few calls in quick succession wait for the disk, and idle time gives back what was held ahead", async () => {
    const world = createGovernorWorld({ budgets: { b: { scope: "all", per: "day", usd: 1_000 } } });
    const writes = () => world.db.one<{ n: number }>("SELECT total_changes() AS n")?.n ?? 0;
    for (let at = 0; at < 200; at += 1) await world.governor.admit(plannedCall());
    world.governor.flush();
    const before = writes();
    for (let at = 0; at < 200; at += 1) await world.governor.admit(plannedCall());
    expect(writes()).toBe(before);
    world.governor.flush();
    world.governor.flush();
    const row = world.db.one<{ held: number }>("SELECT held FROM gateway_spend");
    expect(row?.held).toBe(400 * 11_000_000);
  });
});
