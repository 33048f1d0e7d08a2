/**
 * The stateless front: decides by path alone what the Worker answers itself (health, the built UI) and what the
 * Assistant object must (sockets, `/api/`, readiness, sign-in by a legacy `?token=` address). It holds no secret; model calls go
 * to the desk that an object in the same isolate keeps open for them, else to the object.
 */

import { isMoltError, MoltError } from "@moltworker/protocol/errors";
import { isGatewayPath, placeOf } from "../ai-gateway/proxy/address.ts";
import { frontDeskOf, type Visit } from "../ai-gateway/proxy/front-desk.ts";
import { checkHost, readAllowedHosts } from "../auth/origin.ts";
import type { Env } from "../env.ts";
import { type Build, buildHeader, buildToHeader } from "../platform/build.ts";
import { createLog } from "../platform/log.ts";
import { errorAnswer, json, methodRefused } from "./answers.ts";
import { type AssetManifest, isNavigation, serveAsset } from "./assets.ts";
import { isForAssistant } from "./assistant-paths.ts";
import { isHostedPath } from "./hosted-path.ts";
import { problemPage } from "./problem-page.ts";
import { secured } from "./security-headers.ts";

export interface Front {
  fetch(request: Request, env: Env, context: Pick<ExecutionContext, "waitUntil">): Promise<Response>;
}

/** The one Assistant of a deployment. */
const ASSISTANT_NAME = "main";
let assistantId: DurableObjectId | undefined;
let assistantName: string | undefined;

function idOfAssistant(env: Env): DurableObjectId {
  assistantId ??= env.ASSISTANT.idFromName(ASSISTANT_NAME);
  return assistantId;
}

const assistantOf = (env: Env): DurableObjectStub => env.ASSISTANT.get(idOfAssistant(env));

/**
 * An object that ends (after a restore, at a restart) takes along whatever it was asked; its next life answers. What only reads
 * is asked again; of anything else nobody knows whether it was done, so the asker hears why there is no answer.
 */
async function ask(env: Env, request: Request): Promise<Response> {
  try {
    return await assistantOf(env).fetch(request);
  } catch (thrown) {
    if ((thrown as { durableObjectReset?: unknown } | undefined)?.durableObjectReset !== true) throw thrown;
    const { url, method, headers } = request;
    // The body of a request is read once, and some clients say that theirs is empty.
    if (method === "GET" || method === "HEAD")
      return assistantOf(env).fetch(new Request(url, { method, headers, redirect: "manual" }));
    const { message } = thrown as Error;
    throw new MoltError("UNAVAILABLE", { message: `${message}; nobody knows whether this was still done`, retryAfterMs: 1_000 });
  }
}

/** `gatewaySlugs`: first segments of paths that lead to a model provider. */
export function createFront(manifest: AssetManifest, build: Build, gatewaySlugs: ReadonlySet<string> = new Set()): Front {
  const log = createLog();
  /** The last one that was found to be ours: the list of our names does not change while we run. */
  let knownOrigin: string | undefined;
  const isSlug = (segment: string) => gatewaySlugs.has(segment);
  return {
    fetch: async (request, env, context) => {
      try {
        // Answers of providers carry headers of their own: those of pages would cost more than the whole way through here.
        const { url } = request;
        const place = placeOf(url);
        if (isGatewayPath(request.method, place.pathname, isSlug)) {
          const origin = url.slice(0, url.indexOf("/", "https://".length));
          if (origin !== knownOrigin) checkHost(request, readAllowedHosts(env.MOLTWORKER_ALLOWED_HOSTS));
          knownOrigin = origin;
          // Nobody outside says which build this is; signing costs only those who try.
          if (request.headers.has(buildHeader)) return await ask(env, signed(request, build));
          assistantName ??= idOfAssistant(env).toString();
          const answer = frontDeskOf(assistantName)?.answer(request, place, visitOf(request, env, context));
          return await (answer ?? ask(env, request));
        }
        const answer = await route(request, env, manifest, build);
        // Pages of a hosted OpenClaw bring the headers that they need.
        return isHostedPath(new URL(request.url).pathname) ? answer : secured(answer);
      } catch (error) {
        const page = isNavigation(request) && isMoltError(error);
        return secured(page ? problemPage({ title: "This address is not answered", error }) : errorAnswer(error, log));
      }
    },
  };
}

function visitOf(request: Request, env: Env, context: Pick<ExecutionContext, "waitUntil">): Visit {
  return {
    instead(body) {
      const { url, method, headers, signal } = request;
      return ask(env, body ? new Request(url, { method, headers, body, signal }) : request);
    },
    waitUntil: (work) => context.waitUntil(work),
    keep: () => (assistantOf(env) as unknown as { keepFront(): Promise<void> }).keepFront(),
  };
}

async function route(request: Request, env: Env, manifest: AssetManifest, build: Build): Promise<Response> {
  const { pathname, searchParams } = new URL(request.url);
  // Probes come by whatever name the machine has; they learn nothing.
  if (pathname === "/health" || pathname === "/healthz") return health(request, { ok: true, status: "live" });
  if (pathname === "/sandbox-health") return health(request, { status: "ok", service: "moltworker", gateway_port: null });
  checkHost(request, readAllowedHosts(env.MOLTWORKER_ALLOWED_HOSTS));
  if (/^\/cdp(\/|$)/.test(pathname)) throw noBrowser();
  const forAssistant =
    isForAssistant(pathname) ||
    (isUpgrade(request) && (pathname === "/" || pathname === "/ws")) ||
    (searchParams.has("token") && isNavigation(request));
  if (forAssistant) return ask(env, signed(request, build));
  if (/^\/_admin(\/|$)/.test(pathname) && isNavigation(request)) return adminPage();
  return serveAsset(request, manifest, env.ASSETS);
}

/** The object learns from it which build stands in front of it: a deployment may leave an older object running for a while. */
function signed(request: Request, build: Build): Request {
  const forwarded = new Request(request, { signal: request.signal });
  forwarded.headers.set(buildHeader, buildToHeader(build));
  return forwarded;
}

/** moltworker's browser endpoint took its secret from the address; nothing of the address is looked at here. */
function noBrowser(): MoltError {
  return new MoltError("NOT_FOUND", {
    message: "there is no browser to steer at this address",
    hint: "A browser is a tool of the assistant, not an address; change the `CDP_SECRET`, since it stood in addresses.",
  });
}

/** The admin is a part of the one page that is served; the address that moltworker's users know leads there. */
function adminPage(): Response {
  return new Response(null, { status: 302, headers: { location: "/#/admin", "cache-control": "no-store" } });
}

function health(request: Request, state: object): Response {
  if (request.method === "HEAD") return new Response(null, { headers: { "cache-control": "no-store" } });
  return request.method === "GET" ? json(state) : methodRefused(request.method, "GET, HEAD");
}

const isUpgrade = (request: Request) => request.headers.get("upgrade")?.toLowerCase() === "websocket";
