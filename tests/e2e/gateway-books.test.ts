/** What hangs on the books of the AI gateway: a cheaper model from a share on, a token's limits in every door, resets, and the command. */

import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type FakeProvider, startFakeProvider } from "../fakes/provider.ts";
import { connectClient, type RecordingClient } from "../support/client.ts";
import { type GatewayWorld, startGateway } from "../support/gateway.ts";

let provider: FakeProvider;
let world: GatewayWorld;
let client: RecordingClient;
beforeAll(async () => {
  provider = await startFakeProvider();
  world = await startGateway({
    OPENAI_BASE_URL: `${provider.url}/v1`,
    ANTHROPIC_BASE_URL: `${provider.url}/v1`,
    MOLTWORKER_MODEL: "anthropic/fake-large",
  });
  client = await connectClient(world.server.url, { dataDir: world.server.dataDir });
  const prices = { "anthropic/fake-large": { input: 3, output: 15 }, "anthropic/fake-small": { input: 1, output: 2 } };
  await world.set({ limits: { prices } });
});
afterAll(async () => {
  client?.close();
  await world?.dispose();
  await provider?.close();
});
beforeEach(() => void provider.requests.splice(0));

let turns = 0;
async function turn(message: string): Promise<{ state: string; usage?: { notes?: string[] } }> {
  const idempotencyKey = `books-${++turns}`;
  await client.request("chat.send", { sessionKey: "agent:main:main", message, idempotencyKey });
  const end = await client.event(({ event, payload }) => {
    const seen = payload as { runId: string; state: string };
    return event === "chat" && seen.runId === idempotencyKey && ["final", "error", "aborted"].includes(seen.state);
  });
  return end.payload as { state: string; usage?: { notes?: string[] } };
}

test("from its share on, a budget hands the assistant's turns to the cheaper model, and says so", async () => {
  const day = { scope: "all", per: "day", usd: 100, cheaperAt: 0.5, cheaperModel: "anthropic/fake-small" };
  await world.set({ limits: { budgets: { day } } });
  expect((await turn("[[say: dear]]")).state).toBe("final");
  expect(provider.requests.at(-1)?.body).toMatchObject({ model: "fake-large" });
  await world.set({ limits: { budgets: { day: { ...day, cheaperAt: 0 } } } });
  const { state, usage } = await turn("[[say: cheap]]");
  expect([state, usage?.notes]).toEqual(["final", [expect.stringContaining("anthropic/fake-small")]]);
  expect(provider.requests.at(-1)?.body).toMatchObject({ model: "fake-small" });
  const { rows } = await client.request("gateway.logs.list", { limit: 1 });
  expect(rows[0]).toMatchObject({ model: "fake-small", error: null });
  // A body that is passed through is never changed: there the step only warns.
  const passed = await world.post("/anthropic/v1/messages", {
    model: "fake-large",
    max_tokens: 50,
    messages: [{ role: "user", content: "[[say: x]]" }],
  });
  expect(passed.status).toBe(200);
  expect(provider.requests.at(-1)?.body).toMatchObject({ model: "fake-large" });
  await world.set({ limits: { budgets: { day: null } } });
});

test("a budget is used up, shown in OpenClaw's shape, begun afresh by hand, and may be spent again", async () => {
  await world.set({ limits: { budgets: { mine: { name: "mine", scope: "all", per: "day", usd: 0.5 } } } });
  expect((await turn("[[say: spent]]")).state).toBe("final");
  const spent = async () => (await client.request("gateway.budgets.list", {})).budgets.find(({ id }) => id === "mine")?.spentUsd;
  const before = (await spent()) as number;
  expect(before).toBeGreaterThan(0);
  const { providers } = await client.request("usage.status", {});
  const anthropic = providers.find((one) => one.provider === "anthropic");
  expect(anthropic?.windows).toEqual([
    { label: "mine", usedPercent: Math.round((before / 0.5) * 1_000) / 10, resetAt: expect.any(Number) },
  ]);
  await expect(client.request("gateway.budgets.reset", { id: "nobody's" })).rejects.toThrow(/no budget/);
  await client.request("gateway.budgets.reset", { id: "mine" });
  expect(await spent()).toBe(0);
  await world.set({ limits: { budgets: { mine: null } } });
});

test("the log is cleared by hand; what was spent and counted stays", async () => {
  await turn("[[say: logged]]");
  const counted = async () => (await client.request("usage.cost", { days: 1 })).totals.totalCost;
  const before = await counted();
  const { deleted } = await client.request("gateway.logs.clear", {});
  expect(deleted).toBeGreaterThan(0);
  expect((await client.request("gateway.logs.list", {})).rows).toEqual([]);
  expect(await counted()).toBe(before);
});

describe("a token's own limits hold in the assistant's API too", () => {
  const ask = (token: string, content: string) =>
    fetch(`${world.base}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
      body: JSON.stringify({ model: "openclaw", messages: [{ role: "user", content }] }),
    });

  test("its budget, its models and its rate; what it spends is counted for it", async () => {
    const scopes = ["operator.write"];
    const rich = await world.newToken("rich", { scopes, limits: { budget: { usd: 50, per: "day" } } });
    const fine = await ask(rich.token, "[[say: paid]]");
    expect([fine.status, await fine.text()]).toEqual([200, expect.stringContaining("paid")]);
    const { rows } = await client.request("gateway.logs.list", { tokenId: rich.id });
    expect(rows).toMatchObject([{ tokenId: rich.id, channel: "http-api", error: null }]);
    const { budgets } = await client.request("gateway.budgets.list", {});
    expect(budgets).toContainEqual(expect.objectContaining({ id: ":token", label: "rich", spentUsd: rows[0]?.costUsd }));

    const before = provider.requests.length;
    const poor = await world.newToken("poor", { scopes, limits: { budget: { usd: 0.000001, per: "day" } } });
    const refused = await ask(poor.token, "[[say: never]]");
    expect(refused.status).toBeGreaterThanOrEqual(400);
    expect(await refused.text()).toContain("BUDGET_EXCEEDED");
    const narrow = await world.newToken("narrow", { scopes, limits: { allow: ["groq"] } });
    const denied = await ask(narrow.token, "[[say: never]]");
    expect([denied.status, await denied.text()]).toEqual([403, expect.stringContaining("may not use")]);
    expect(provider.requests.length).toBe(before);
    const slow = await world.newToken("slow", { scopes, limits: { requestsPerMinute: 1 } });
    expect((await ask(slow.token, "[[say: once]]")).status).toBe(200);
    expect((await ask(slow.token, "[[say: twice]]")).status).toBe(429);
  });
});

test("rates may be counted by provider and by channel", async () => {
  const rule = { unit: "requests", limit: 1, seconds: 60, window: "sliding" };
  await world.set({ limits: { rates: { p: { ...rule, scope: "provider" } } } });
  const body = { max_tokens: 50, messages: [{ role: "user", content: "[[say: x]]" }] };
  const anthropic = () => world.post("/anthropic/v1/messages", { ...body, model: "fake-large" });
  expect((await anthropic()).status).toBe(200);
  expect((await anthropic()).status).toBe(429);
  expect((await world.post("/openai/chat/completions", { ...body, model: "fake-large" })).status).toBe(200);
  await world.set({ limits: { rates: { p: null } } });
});

test("the command lists keys and breakers without a key's value, and clears them", async () => {
  await world.call("gateway.keys.set", { provider: "openai", alias: "spare", apiKey: "sk-spare-value" });
  const fault = { model: "broken", messages: [{ role: "user", content: "[[fault: 500]]" }] };
  for (let count = 0; count < 5; count += 1) await world.post("/openai/chat/completions", fault);
  const { run } = world.server;
  const listed = await run("gateway");
  expect(listed.events[0]).toMatchObject({ type: "gateway" });
  expect(listed.events[0]?.keys).toContainEqual(expect.objectContaining({ provider: "openai", alias: "spare", state: "good" }));
  expect(listed.events[0]?.breakers).toContainEqual(expect.objectContaining({ model: "broken", state: "open" }));
  expect(listed.stdout).not.toContain("sk-spare-value");
  expect((await run("gateway", "clear", "breakers", "openai")).events[0]).toMatchObject({ what: "breakers", cleared: 1 });
  expect((await run("gateway", "clear", "key", "openai", "spare")).code).toBe(0);
  const after = await run("gateway");
  expect(after.events[0]?.breakers).toEqual([]);
  expect(JSON.stringify(after.events[0]?.keys)).not.toContain("spare");
  expect((await run("gateway", "clear", "cache")).events[0]).toMatchObject({ what: "cache" });
  expect((await run("gateway", "clear", "key", "openai", "nobody")).code).not.toBe(0);
  expect((await run("gateway", "clear", "everything")).code).not.toBe(0);
});
