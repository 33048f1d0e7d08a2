/** Money in the whole product: what a turn costs, what a budget refuses, asks and remembers over a kill, and who may look. */

import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { type FakeProvider, startFakeProvider } from "../fakes/provider.ts";
import { connectClient, gatewayTokenOf, type RecordingClient } from "../support/client.ts";
import { type Server, startServer } from "../support/server.ts";

let provider: FakeProvider;
const cleanUps: (() => unknown)[] = [];
beforeAll(async () => {
  provider = await startFakeProvider({ apiKey: "right-key" });
});
afterAll(() => provider?.close());
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

const prices = { "anthropic/fake-large": { input: 3, output: 15, cacheRead: 0.3 } };
const main = "agent:main:main";

async function opened(limits: object = {}): Promise<{ server: Server; client: RecordingClient }> {
  const server = await startServer({
    env: {
      ANTHROPIC_BASE_URL: `${provider.url}/v1`,
      ANTHROPIC_API_KEY: "right-key",
      MOLTWORKER_MODEL: "anthropic/fake-large",
    },
  });
  cleanUps.push(() => server.dispose());
  const client = await connectClient(server.url, server);
  cleanUps.push(() => client.close());
  await client.request("config.patch", { raw: JSON.stringify({ limits: { prices, ...limits } }) });
  return { server, client };
}

let messages = 0;
const isEnd = (payload: unknown): boolean => ["final", "error", "aborted"].includes((payload as { state: string }).state);

async function turn(client: RecordingClient, message: string, sessionKey = main) {
  const idempotencyKey = `budget-${++messages}`;
  await client.request("chat.send", { sessionKey, message, idempotencyKey });
  const end = await client.event(
    ({ event, payload }) => event === "chat" && (payload as { runId: string }).runId === idempotencyKey && isEnd(payload),
  );
  return end.payload as {
    state: string;
    usage?: { input: number; output: number; cost: { total: number } | null; estimated: boolean; notes?: string[] };
    errorDetail?: { details: { code: string; hint: string; step?: string; budget?: string }; message: string };
  };
}

it("a turn is priced, logged and summed, in OpenClaw's shapes too; the command says the same", async () => {
  const { server, client } = await opened();
  const { usage } = await turn(client, "[[say: hello there]]");
  const cost = ((usage?.input as number) * 3 + (usage?.output as number) * 15) / 1e6;
  expect(usage?.cost?.total).toBeCloseTo(cost, 12);
  const { rows } = await client.request("gateway.logs.list", {});
  expect(rows).toMatchObject([
    {
      provider: "anthropic",
      model: "fake-large",
      sessionKey: main,
      tenant: "owner",
      error: null,
      estimated: false,
      hasBodies: false,
    },
  ]);
  expect(rows[0]?.costUsd).toBeCloseTo(cost, 8);
  const { totals, daily } = await client.request("usage.cost", { days: 7 });
  expect(daily).toHaveLength(7);
  expect(totals.totalCost).toBeCloseTo(cost, 8);
  const { sessions } = await client.request("sessions.usage", {});
  expect(sessions).toMatchObject([{ key: main, usage: { totalTokens: (usage?.input ?? 0) + (usage?.output ?? 0) } }]);
  const spoken = await server.run("usage", "--days", "1");
  expect(spoken.events[0]).toMatchObject({ type: "usage", days: 1, models: [{ key: "anthropic/fake-large", calls: 1 }] });
});

it("a stream that is cut is counted by estimate and said to be one", async () => {
  const { client } = await opened();
  expect((await turn(client, "[[say: half of an answer that breaks off]] [[fault: cut]]")).state).toBe("error");
  const { rows } = await client.request("gateway.logs.list", { success: false });
  expect(rows[0]).toMatchObject({ estimated: true });
  expect(rows[0]?.outputTokens).toBeGreaterThan(0);
  expect(rows[0]?.costUsd).toBeGreaterThan(0);
});

it("a budget that is used up refuses in words before anything leaves, and the doctor names it", async () => {
  const { client } = await opened({ budgets: { day: { name: "tiny", scope: "all", per: "day", usd: 0.001 } } });
  const before = provider.requests.length;
  const end = await turn(client, "[[say: too dear]]");
  expect(end).toMatchObject({
    state: "error",
    errorDetail: { details: { code: "BUDGET_EXCEEDED", step: "stop", budget: "day" } },
  });
  expect(end.errorDetail?.message).toMatch(/^this call may cost \$.* is left$/);
  expect(provider.requests.length).toBe(before);
  const { rows } = await client.request("gateway.logs.list", {});
  expect(rows[0]).toMatchObject({ error: "BUDGET_EXCEEDED", status: 402, attempts: [], costUsd: 0 });
});

it("a soft step asks a person, and their word lets this answer pass, also over a kill", async () => {
  const { server, client } = await opened({
    budgets: { chat: { scope: "session", per: "always", usd: 100, warnAt: 0, askAt: 0 } },
  });
  const idempotencyKey = "asked-1";
  await client.request("chat.send", { sessionKey: main, message: "[[say: allowed now]]", idempotencyKey });
  await client.event(({ event }) => event === "exec.approval.requested");
  await server.killTree();
  client.close();
  await server.restart();
  const again = await connectClient(server.url, server);
  cleanUps.push(() => again.close());
  const [approval] = await again.request("exec.approval.list", {});
  expect(approval?.request).toMatchObject({ tool: "spend", arguments: { budget: "chat" }, runId: idempotencyKey });
  await again.request("exec.approval.resolve", { id: approval?.id as string, decision: "allow-once" });
  const end = await again.event(({ event, payload }) => event === "chat" && isEnd(payload));
  expect(end.payload).toMatchObject({ state: "final", usage: { notes: [expect.stringContaining("for this session is used")] } });
});

it("what was held when the process was killed is spent for the budget; nothing is forgotten", async () => {
  const { server, client } = await opened({ budgets: { day: { scope: "all", per: "day", usd: 100 } } });
  await client.request("chat.send", { sessionKey: main, message: "[[say: slow]] [[wait: 60000]]", idempotencyKey: "killed-1" });
  const held = async (from: RecordingClient) => (await from.request("gateway.budgets.list", {})).budgets[0];
  await expect.poll(async () => (await held(client))?.reservedUsd ?? 0, { timeout: 20_000 }).toBeGreaterThan(0);
  const reserved = (await held(client))?.reservedUsd as number;
  client.close();
  await server.killTree();
  await server.restart();
  const again = await connectClient(server.url, server);
  cleanUps.push(() => again.close());
  expect((await held(again))?.spentUsd).toBeCloseTo(reserved, 9);
});

it("a program spends from its token's own budget, is told what a call cost, and its call can be made again by the owner", async () => {
  const { server, client } = await opened({ log: { bodies: true } });
  const limits = { budget: { usd: 0.1, per: "always" as const }, allow: ["anthropic"] };
  const { token, row } = await client.request("auth.tokens.create", { label: "notebook", scopes: ["gateway.use"], limits });
  const ask = (max_tokens: number, path = "anthropic/v1/messages") =>
    fetch(`${server.url}${path}`, {
      method: "POST",
      headers: { "x-api-key": token, "content-type": "application/json", "anthropic-version": "2023-06-01" },
      body: JSON.stringify({ model: "fake-large", max_tokens, messages: [{ role: "user", content: "[[say: from a program]]" }] }),
    });
  const answer = await ask(100);
  expect(await answer.text()).toContain("from a program");
  expect(answer.status).toBe(200);
  expect(Number(answer.headers.get("x-moltworker-cost-usd"))).toBeGreaterThan(0);
  expect(answer.headers.get("x-moltworker-budget-remaining")).toMatch(/:token/);
  // A worst case of 100,000 tokens is more than the token may ever spend.
  const refused = await ask(100_000);
  expect(refused.headers.get("x-moltworker-code")).toBe("BUDGET_EXCEEDED");
  expect((await ask(100, "openai/v1/chat/completions")).status).toBe(403);
  const id = answer.headers.get("cf-aig-log-id") as string;
  const log = await client.request("gateway.logs.list", { tokenId: row.id });
  expect(log.rows.map((one) => one.error)).toEqual(["FORBIDDEN", "BUDGET_EXCEEDED", null]);
  expect(log.rows[2]).toMatchObject({ id, tenant: row.id, channel: "api", hasBodies: true });
  const again = await client.request("gateway.logs.replay", { id });
  expect(again).toMatchObject({ row: { replayOf: id, tenant: "owner", channel: "replay", error: null } });
  expect(again.text).toContain("from a program");
  const { budgets } = await client.request("gateway.budgets.list", {});
  expect(budgets).toMatchObject([{ id: ":token", label: "notebook", limitUsd: 0.1, spentUsd: log.rows[2]?.costUsd }]);
});

it("tokens for programs are made and revoked by the command, kept as digests, and open no management", async () => {
  const { server, client } = await opened();
  await turn(client, "[[say: something to look at]]");
  const made = await server.run("tokens", "create", "notebook", "--usd", "5", "--allow", "openai/*,groq");
  const { token, row } = made.events[0] as unknown as { token: string; row: { id: string } };
  expect(row).toMatchObject({
    scopes: ["gateway.use"],
    limits: { budget: { usd: 5, per: "month" }, allow: ["openai/*", "groq"] },
  });
  expect((await server.run("tokens")).stdout).toContain("notebook");
  expect((await server.run("tokens")).stdout).not.toContain(token);
  const logs = "api/client/v4/accounts/any/ai-gateway/gateways/default/logs";
  const ask = (path: string, bearer: string, init: RequestInit = {}) =>
    fetch(`${server.url}${path}`, {
      ...init,
      headers: { authorization: `Bearer ${bearer}`, "content-type": "application/json" },
    });
  expect((await ask(logs, token)).status).toBe(403);
  const owner = gatewayTokenOf(server.dataDir);
  const page = (await (await ask(`${logs}?per_page=5&success=true`, owner)).json()) as {
    result: { id: string }[];
    result_info: object;
  };
  expect(page).toMatchObject({
    success: true,
    result: [{ provider: "anthropic", success: true, cached: false, status_code: 200 }],
    result_info: { count: 1, page: 1, per_page: 5, total_count: 1 },
  });
  const path = `${logs}/${page.result[0]?.id}`;
  expect((await ask(path, owner, { method: "PATCH", body: '{"feedback":1,"score":90}' })).status).toBe(200);
  expect(await (await ask(path, owner)).json()).toMatchObject({ result: { feedback: 1, score: 90 } });
  expect((await ask(`${path}/request`, owner)).status).toBe(404);
  expect((await ask(path, owner, { method: "PATCH", body: '{"feedback":7}' })).status).toBe(400);
  expect((await ask(`${logs.replace("default", "other")}`, owner)).status).toBe(404);
  expect((await server.run("tokens", "revoke", row.id)).code).toBe(0);
  expect((await server.run("tokens", "revoke", row.id)).code).not.toBe(0);
});
