/**
 * `/hooks/`: OpenClaw's wake and agent behind the hook token, and the owner's own mappings behind a token or a signature.
 * Verified or refused; off, or without a secret, a path does not exist.
 */

import { MoltError } from "@moltworker/protocol/errors";
import type * as z from "zod";
import { addressOf } from "../../auth/address.ts";
import type { HookMapping } from "../../config/sections/hooks.ts";
import { createId } from "../../platform/id.ts";
import type { Secrets } from "../../secrets/secrets.ts";
import { mainSessionKey } from "../../sessions/session-key.ts";
import { json } from "../answers.ts";
import { readBytes } from "../body.ts";
import type { RouteGroup } from "../route-group.ts";
import { type HookAuth, hookSecretName, hookTokenName } from "./hook-auth.ts";
import { type AgentBody, agentBody, wakeBody } from "./hook-bodies.ts";
import type { Target } from "./hook-store.ts";
import { doHookJob, type HookJob, type HookWorkDeps } from "./hook-work.ts";
import { fillName, fillTemplate } from "./template.ts";

export interface HookSettings {
  enabled: boolean;
  maxBodyBytes: number;
  allowSessionKey: boolean;
  tools: "read" | "all";
  mappings: Readonly<Record<string, HookMapping>>;
}

export interface HooksDeps extends HookWorkDeps {
  auth: HookAuth;
  secrets: Pick<Secrets, "get">;
  settings(): HookSettings;
  /** Where an answer goes when only `deliver` was said; undefined without a channel. */
  defaultTarget(): Promise<Target | undefined>;
}

export function hooksRoutes(deps: HooksDeps): RouteGroup {
  return (app) => {
    app.post("/hooks/:name", async (context) => json(await receive(deps, context.req.raw, context.req.param("name"))));
    app.all("/hooks/*", () => Promise.reject(noSuchRoute()));
    app.all("/hooks", () => Promise.reject(noSuchRoute()));
  };
}

async function receive(deps: HooksDeps, request: Request, name: string): Promise<object> {
  const settings = deps.settings();
  if (!settings.enabled) throw noSuchRoute();
  if (new URL(request.url).searchParams.has("token"))
    throw new MoltError("INVALID_REQUEST", {
      message: "a hook token never stands in an address",
      hint: "Send it as `authorization: Bearer …` or `x-openclaw-token`.",
    });
  const address = addressOf(request);
  const mapping = Object.hasOwn(settings.mappings, name) ? settings.mappings[name] : undefined;
  if (mapping?.enabled && mapping.verify !== "token" && deps.secrets.get(hookSecretName(name)) !== undefined) {
    const body = await readBytes(request, settings.maxBodyBytes);
    const delivery = await deps.auth.bySignature(request, { hook: name, address, form: mapping.verify, body });
    return runMapping(deps, { name, mapping, delivery, payload: parse(body) });
  }
  if (deps.secrets.get(hookTokenName) === undefined) throw noSuchRoute();
  // Whoever does not have the token does not learn which names exist.
  await deps.auth.byToken(request, name.slice(0, 40), address);
  const payload = parse(await readBytes(request, settings.maxBodyBytes, "known"));
  const delivery = request.headers.get("idempotency-key")?.slice(0, 255) ?? createId("once");
  if (name === "agent") return runAgent(deps, settings, checked(payload, agentBody), delivery);
  if (name === "wake") return wake(deps, settings, checked(payload, wakeBody), delivery);
  if (!mapping?.enabled || mapping.verify !== "token") throw noSuchRoute();
  return runMapping(deps, { name, mapping, delivery, payload });
}

async function runAgent(deps: HooksDeps, settings: HookSettings, body: AgentBody, delivery: string): Promise<object> {
  if (body.agentId !== undefined && body.agentId !== "main")
    throw new MoltError("NOT_FOUND", { message: `there is no agent "${body.agentId}"`, hint: "Use main, or leave it out." });
  const job: HookJob = {
    hook: "agent",
    delivery: body.idempotencyKey ?? delivery,
    text: body.name ? `[${body.name}] ${body.message}` : body.message,
    session: namedSession(settings, body.sessionKey),
    label: body.name ?? "Webhook",
    tools: settings.tools,
    run: {
      model: body.model,
      thinking: body.thinking,
      deadlineMs: body.timeoutSeconds === undefined ? undefined : body.timeoutSeconds * 1_000,
    },
    target: await targetOf(deps, body),
  };
  const { runId, duplicate } = await doHookJob(deps, job);
  return { ok: true, runId, ...(duplicate ? { duplicate } : {}) };
}

async function wake(deps: HooksDeps, settings: HookSettings, body: z.infer<typeof wakeBody>, delivery: string): Promise<object> {
  const { runId, duplicate } = await doHookJob(deps, {
    hook: "wake",
    delivery,
    text: body.text,
    session: namedSession(settings, body.sessionKey) ?? mainSessionKey,
    label: undefined,
    tools: settings.tools,
    run: body.mode === "now" ? { model: undefined, thinking: undefined, deadlineMs: undefined } : null,
    target: null,
  });
  return { ok: true, mode: body.mode, ...(runId ? { runId } : {}), ...(duplicate ? { duplicate } : {}) };
}

async function runMapping(
  deps: HooksDeps,
  { name, mapping, delivery, payload }: { name: string; mapping: HookMapping; delivery: string; payload: unknown },
): Promise<object> {
  const { runId, duplicate } = await doHookJob(deps, {
    hook: name,
    delivery,
    text: fillTemplate(mapping.template, payload, name),
    session: fillName(mapping.session, payload) || `hook:${name}`,
    label: name,
    tools: mapping.tools,
    run: mapping.action === "wake" ? null : { model: mapping.model ?? undefined, thinking: undefined, deadlineMs: undefined },
    target: mapping.deliver,
  });
  return { ok: true, ...(runId ? { runId } : {}), ...(duplicate ? { duplicate } : {}) };
}

function namedSession(settings: HookSettings, sessionKey: string | undefined): string | undefined {
  if (sessionKey === undefined || settings.allowSessionKey) return sessionKey;
  throw new MoltError("FORBIDDEN", {
    message: "a webhook may not name a conversation here",
    hint: "Leave sessionKey out, or allow it in the settings: hooks.allowSessionKey.",
  });
}

async function targetOf(deps: HooksDeps, body: AgentBody): Promise<Target | null> {
  const named = body.channel !== undefined && body.channel !== "last";
  if (body.deliver === false || (!named && body.deliver !== true)) return null;
  if (named) return { channel: body.channel ?? "", account: body.accountId ?? "default", to: body.to ?? null };
  const target = await deps.defaultTarget();
  if (target) return body.to === undefined ? target : { ...target, to: body.to };
  throw new MoltError("CONFLICT", {
    message: "the answer cannot be delivered: no channel is connected",
    hint: "Connect a channel, or leave `deliver` out and read the answer in the conversation.",
  });
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw new MoltError("INVALID_REQUEST", {
      message: "the body is not JSON",
      hint: "Set the sender's content type to application/json.",
    });
  }
}

function checked<Value>(payload: unknown, schema: z.ZodType<Value>): Value {
  const parsed = schema.safeParse(payload);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new MoltError("INVALID_REQUEST", { message: `${issue?.path.join(".") || "body"}: ${issue?.message ?? "is not valid"}` });
}

const noSuchRoute = () => new MoltError("NOT_FOUND", { message: "there is no such route" });
