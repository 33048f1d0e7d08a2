/**
 * The stateless front: decides by path alone what the Worker answers itself (health, the built UI) and what the
 * Assistant object must (sockets, `/api/`, readiness, sign-in by a legacy `?token=` address). It holds no secret.
 */

import { Hono } from "hono";
import { checkHost, readAllowedHosts } from "../auth/origin.ts";
import type { Env } from "../env.ts";
import { createLog } from "../platform/log.ts";
import { errorAnswer, json } from "./answers.ts";
import { type AssetManifest, isNavigation, serveAsset } from "./assets.ts";
import { secured } from "./security-headers.ts";

interface Front {
  fetch(request: Request, env: Env): Promise<Response>;
}

/** The one Assistant of a deployment. */
const ASSISTANT_NAME = "main";

export function createFront(manifest: AssetManifest): Front {
  const log = createLog();
  const app = new Hono<{ Bindings: Env }>();

  app.use(async (context, next) => {
    if (!isHealthPath(context.req.path)) checkHost(context.req.raw, readAllowedHosts(context.env.MOLTWORKER_ALLOWED_HOSTS));
    await next();
    context.res = secured(context.res);
  });
  app.on(["GET", "HEAD"], ["/health", "/healthz"], () => json({ ok: true, status: "live" }));
  app.all("/readyz", (context) => toAssistant(context.env, context.req.raw));
  app.all("/api/*", (context) => toAssistant(context.env, context.req.raw));
  app.all("*", (context) => {
    const request = context.req.raw;
    const { pathname, searchParams } = new URL(request.url);
    if (isUpgrade(request) && (pathname === "/" || pathname === "/ws")) return toAssistant(context.env, request);
    if (searchParams.has("token") && isNavigation(request)) return toAssistant(context.env, request);
    return serveAsset(request, manifest, context.env.ASSETS);
  });
  app.onError((error) => secured(errorAnswer(error, log)));

  return { fetch: async (request, env) => app.fetch(request, env) };
}

function toAssistant(env: Env, request: Request): Promise<Response> {
  return env.ASSISTANT.get(env.ASSISTANT.idFromName(ASSISTANT_NAME)).fetch(request);
}

const isUpgrade = (request: Request) => request.headers.get("upgrade")?.toLowerCase() === "websocket";
const isHealthPath = (path: string) => path === "/health" || path === "/healthz";
