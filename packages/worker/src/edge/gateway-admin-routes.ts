/**
 * The AI gateway's management over HTTP: Cloudflare's own shapes below `/api/client/v4`, so that its clients work with another
 * base address, and what the command asks. An account of any name is this assistant; its one gateway is `default`.
 */

import { MoltError } from "@moltworker/protocol/errors";
import { budgetPeriods, type GatewayLogFilter, type GatewayLogRow, type TokenLimits } from "@moltworker/protocol/gateway";
import type { Context, Hono } from "hono";
import * as z from "zod";
import type { Books } from "../ai-gateway/governor/books.ts";
import type { Governor } from "../ai-gateway/governor/governor.ts";
import { usdFrom } from "../ai-gateway/governor/money.ts";
import type { AiGatewayControls } from "../ai-gateway/proxy/controls.ts";
import type { Audit } from "../auth/audit.ts";
import { auditName } from "../auth/audit.ts";
import type { Auth } from "../auth/auth.ts";
import type { Limits } from "../config/sections/limits.ts";
import type { Clock } from "../platform/clock.ts";
import { json } from "./answers.ts";
import { readJson, readShape } from "./body.ts";
import type { Allowed, RouteGroup } from "./route-group.ts";

export interface GatewayAdminDeps {
  aiGateway: AiGatewayControls;
  governor: Governor & Books;
  auth: Auth;
  audit: Audit;
  clock: Clock;
  limits(): Limits;
}

const base = "/api/client/v4/accounts/:account/ai-gateway/gateways";
const dayMs = 86_400_000;

export function gatewayAdminRoutes(deps: GatewayAdminDeps): RouteGroup {
  return (app, allowed) => {
    addGateways(app, allowed, deps);
    addLogs(app, allowed, deps);
    addHost(app, allowed, deps);
    addControls(app, allowed, deps);
  };
}

function addGateways(app: Hono, allowed: Allowed, { limits }: GatewayAdminDeps): void {
  const gateway = () => ({
    id: "default",
    collect_logs: true,
    log_management: limits().log.maxRows,
    log_management_strategy: "DELETE_OLDEST",
    authentication: true,
    cache_ttl: null,
  });
  app.get(base, async (context) => {
    await allowed(context, "api.gateway.read");
    return paged([gateway()], 1, { page: 1, perPage: 20 });
  });
  app.get(`${base}/:gateway`, async (context) => {
    await allowed(context, "api.gateway.read");
    needGateway(context);
    return json({ success: true, errors: [], messages: [], result: gateway() });
  });
}

function addLogs(app: Hono, allowed: Allowed, { governor }: GatewayAdminDeps): void {
  const logs = `${base}/:gateway/logs`;
  const row = (context: Context): GatewayLogRow => {
    needGateway(context);
    governor.flush();
    const found = governor.log.get(context.req.param("log") as string);
    if (!found) throw new MoltError("NOT_FOUND", { message: "there is no such log" });
    return found;
  };
  app.get(logs, async (context) => {
    await allowed(context, "api.gateway.read");
    needGateway(context);
    governor.flush();
    const query = parseQuery(context.req.query());
    const rows = governor.log.page(filterFrom(query), { limit: query.per_page, offset: (query.page - 1) * query.per_page });
    return paged(rows.rows.map(wireLog), rows.total, { page: query.page, perPage: query.per_page });
  });
  app.delete(logs, async (context) => {
    await allowed(context, "api.gateway.write");
    needGateway(context);
    governor.flush();
    governor.log.clear();
    return json({ success: true, errors: [], messages: [], result: [] });
  });
  app.get(`${logs}/:log`, async (context) => {
    await allowed(context, "api.gateway.read");
    return json({ success: true, errors: [], messages: [], result: wireLog(row(context)) });
  });
  app.patch(`${logs}/:log`, async (context) => {
    await allowed(context, "api.gateway.write");
    const found = row(context);
    governor.log.setFeedback(found.id, await readJson(context.req.raw, feedbackBody));
    return json({ success: true, errors: [], messages: [], result: {} });
  });
  for (const side of ["request", "response"] as const)
    app.get(`${logs}/:log/${side}`, async (context) => {
      await allowed(context, "api.gateway.read");
      const body = governor.log.bodies(row(context).id)?.[side];
      if (body === null || body === undefined)
        throw new MoltError("NOT_FOUND", { message: `the ${side} of this call was not kept` });
      return new Response(body, { headers: { "content-type": "application/json", "cache-control": "no-store" } });
    });
}

/** What `moltworker usage` and `moltworker tokens` ask. */
function addHost(app: Hono, allowed: Allowed, { governor, auth, audit, clock }: GatewayAdminDeps): void {
  app.get("/api/host/usage", async (context) => {
    await allowed(context, "api.gateway.read");
    const days = Math.min(400, Math.max(1, Math.floor(Number(context.req.query("days") ?? 30)) || 30));
    const now = clock.now();
    const from = Math.floor(now / dayMs) * dayMs - (days - 1) * dayMs;
    const top = (kind: "model" | "session" | "channel" | "token") =>
      [...governor.byKey(kind, from, now + 1)]
        .map(([key, sums]) => ({ key, calls: sums.calls, tokens: sums.input + sums.output, costUsd: usdFrom(sums.cost) }))
        .sort((left, right) => right.costUsd - left.costUsd || right.calls - left.calls)
        .slice(0, 10);
    const daily = governor.days("all", from, now + 1).map(({ day, sums }) => ({
      date: new Date(day).toISOString().slice(0, 10),
      calls: sums.calls,
      errors: sums.errors,
      tokens: sums.input + sums.output,
      costUsd: usdFrom(sums.cost),
    }));
    return json({
      days,
      daily,
      models: top("model"),
      channels: top("channel"),
      tokens: top("token"),
      budgets: governor.budgets(now),
    });
  });
  app.get("/api/host/tokens", async (context) => {
    await allowed(context, "api.gateway.read");
    return json({ tokens: auth.apiTokens.list() });
  });
  app.post("/api/host/tokens", async (context) => {
    const principal = await allowed(context, "api.gateway.tokens");
    const { label, tenant, ...rest } = readShape(newToken, context.req.query());
    const wanted = {
      label,
      scopes: ["gateway.use" as const],
      limits: limitsFrom(rest),
      ...(tenant === undefined ? {} : { tenant }),
    };
    const made = await auth.apiTokens.create(principal, wanted);
    audit.record({ who: auditName(principal), surface: "http", action: "auth.tokens.create", outcome: "ok", detail: label });
    return json(made);
  });
  app.post("/api/host/tokens/:id/revoke", async (context) => {
    const principal = await allowed(context, "api.gateway.tokens");
    const row = auth.apiTokens.revoke(context.req.param("id"));
    audit.record({ who: auditName(principal), surface: "http", action: "auth.tokens.revoke", outcome: "ok", detail: row.label });
    return json({ ok: true, label: row.label });
  });
}

/** What `moltworker gateway` asks. */
function addControls(app: Hono, allowed: Allowed, { aiGateway, audit }: GatewayAdminDeps): void {
  const { breakers, cache, keys } = aiGateway;
  app.get("/api/host/gateway", async (context) => {
    await allowed(context, "api.gateway.read");
    return json({ keys: keys.list(), breakers: breakers.list() });
  });
  app.post("/api/host/gateway/clear", async (context) => {
    const principal = await allowed(context, "api.gateway.write");
    const { what, provider, alias = "default" } = readShape(clearing, context.req.query());
    const note = (action: string, detail: string) =>
      audit.record({ who: auditName(principal), surface: "http", action, outcome: "ok", detail });
    if (what === "cache") {
      const cleared = cache.clear();
      note("gateway.cache.clear", String(cleared));
      return json({ cleared });
    }
    if (what === "breakers") {
      const cleared = breakers.clear({ provider });
      note("gateway.breakers.clear", provider ?? "all");
      return json({ cleared });
    }
    if (provider === undefined) throw new MoltError("INVALID_REQUEST", { message: "which provider's key is missing" });
    keys.remove(provider, alias);
    note("gateway.keys.remove", `${provider} ${alias}`);
    return json({ cleared: 1 });
  });
}

const clearing = z.strictObject({
  what: z.enum(["breakers", "cache", "key"]),
  provider: z.string().min(1).max(80).optional(),
  alias: z.string().min(1).max(40).optional(),
});

const newToken = z.strictObject({
  label: z.string().trim().min(1).max(64),
  tenant: z
    .string()
    .regex(/^[\w.@-]{1,64}$/)
    .optional(),
  usd: z.coerce.number().min(0).max(1_000_000).optional(),
  per: z.enum(budgetPeriods).optional(),
  rpm: z.coerce.number().int().min(1).max(1_000_000).optional(),
  allow: z.string().max(2_000).optional(),
});

function limitsFrom({ usd, per = "month", rpm, allow }: Omit<z.infer<typeof newToken>, "label" | "tenant">): TokenLimits {
  const patterns =
    allow
      ?.split(",")
      .map((pattern) => pattern.trim())
      .filter(Boolean) ?? [];
  return {
    ...(usd === undefined ? {} : { budget: { usd, per } }),
    ...(rpm === undefined ? {} : { requestsPerMinute: rpm }),
    ...(patterns.length === 0 ? {} : { allow: patterns }),
  };
}

const feedbackBody = z.strictObject({
  feedback: z
    .union([z.literal(-1), z.literal(1)])
    .nullable()
    .optional(),
  score: z.number().min(0).max(100).nullable().optional(),
  metadata: z.record(z.string().max(100), z.union([z.string().max(1_000), z.number(), z.boolean()])).optional(),
});

const filterKeys = {
  provider: "provider",
  model: "model",
  event_id: "eventId",
  "metadata.key": "metadataKey",
  "metadata.value": "metadataValue",
  user_agent: "search",
} as const;

const logsQuery = z.object({
  page: z.coerce.number().int().min(1).max(100_000).default(1),
  per_page: z.coerce.number().int().min(1).max(50).default(20),
  success: z.enum(["true", "false"]).optional(),
  cached: z.enum(["true", "false"]).optional(),
  feedback: z.enum(["-1", "0", "1"]).optional(),
  start_date: z.string().optional(),
  end_date: z.string().optional(),
  search: z.string().max(200).optional(),
  provider: z.string().optional(),
  model: z.string().optional(),
  filters: z.string().max(4_000).optional(),
});

const filtersShape = z
  .array(
    z.object({
      key: z.string(),
      operator: z.literal("eq"),
      value: z.array(z.union([z.string(), z.number(), z.boolean()])).min(1),
    }),
  )
  .max(20);

type LogsQuery = z.infer<typeof logsQuery>;

const parseQuery = (query: Record<string, string>): LogsQuery => readShape(logsQuery, query);

function filterFrom(query: LogsQuery): GatewayLogFilter {
  const filter: GatewayLogFilter = {
    provider: query.provider,
    model: query.model,
    search: query.search,
    ...(query.success === undefined ? {} : { success: query.success === "true" }),
    ...(query.cached === "true" ? { cache: "HIT" as const } : {}),
    ...(query.feedback === "1" || query.feedback === "-1" ? { feedback: Number(query.feedback) as 1 | -1 } : {}),
    ...timeFrom("since", query.start_date),
    ...timeFrom("until", query.end_date),
  };
  for (const { key, value } of query.filters === undefined ? [] : readShape(filtersShape, jsonOf(query.filters))) {
    const name = filterKeys[key as keyof typeof filterKeys];
    if (name) filter[name] = String(value[0]);
    else if (key === "success") filter.success = String(value[0]) === "true";
    else throw new MoltError("INVALID_REQUEST", { message: `filters: "${key}" cannot be filtered by` });
  }
  return filter;
}

function timeFrom(name: "since" | "until", text: string | undefined): Partial<GatewayLogFilter> {
  if (text === undefined) return {};
  const at = Date.parse(text);
  if (Number.isNaN(at)) throw new MoltError("INVALID_REQUEST", { message: `"${text.slice(0, 40)}" is not a date` });
  return { [name]: at };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new MoltError("INVALID_REQUEST", { message: "filters: is not JSON" });
  }
}

function needGateway(context: Context): void {
  if (context.req.param("gateway") !== "default")
    throw new MoltError("NOT_FOUND", { message: "there is no such gateway", hint: "The one gateway is called default." });
}

function paged(result: unknown[], total: number, { page, perPage }: { page: number; perPage: number }): Response {
  const info = { count: result.length, page, per_page: perPage, total_count: total };
  return json({ success: true, errors: [], messages: [], result, result_info: info });
}

function wireLog(row: GatewayLogRow): Record<string, unknown> {
  return {
    id: row.id,
    created_at: new Date(row.at).toISOString(),
    provider: row.provider,
    model: row.model,
    model_type: "text-generation",
    path: row.endpoint,
    request_type: row.stream ? "stream" : "json",
    request_content_type: row.requestType,
    response_content_type: row.responseType,
    status_code: row.status,
    success: row.error === null,
    cached: row.cache === "HIT",
    duration: row.durationMs,
    tokens_in: row.inputTokens,
    tokens_out: row.outputTokens,
    cost: row.costUsd,
    custom_cost: row.customCost,
    metadata: JSON.stringify(row.metadata),
    step: row.step,
    event_id: row.eventId,
    request_size: row.requestBytes,
    response_size: row.responseBytes,
    feedback: row.feedback,
    score: row.score,
  };
}
