/**
 * The address of a hosted OpenClaw. Who comes is identified and authorised here, as everywhere; behind this stands a gateway
 * that trusts the way alone, so that the owner's cookies, tokens and whatever a request says of itself end here.
 */

import type { ContainerInfo } from "@moltworker/protocol/containers";
import { MoltError, moltErrorFrom } from "@moltworker/protocol/errors";
import type { Auth } from "../auth/auth.ts";
import type { Principal } from "../auth/principal.ts";
import type { Front } from "../containers/moltbot/front.ts";
import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/log.ts";
import { errorAnswer } from "./answers.ts";
import { isNavigation } from "./assets.ts";
import { hostedPage } from "./hosted-page.ts";
import { isHostedPath, hostedRoot as root } from "./hosted-path.ts";
import { createSocketPump } from "./socket-pump.ts";

export interface HostedEdgeDeps {
  auth(): Pick<Auth, "identify" | "authorize" | "checkOrigin" | "stillValid">;
  isWanted(): boolean;
  hosted: { ready(): Front | undefined; wake(): void; touched(): void };
  info(): Promise<ContainerInfo>;
  clock: Clock;
  log: Log;
}

export interface HostedEdge {
  /** undefined for other addresses. */
  answer(request: Request): Promise<Response> | undefined;
  /** Closes the sockets of those whose grant has ended, and of generations that have. */
  sweep(): void;
  sockets(): number;
}

/** What a stock gateway must not see, or would take for its own. */
const dropped =
  /^(authorization|cookie|proxy-.*|cf-.*|x-forwarded-.*|forwarded|x-real-ip|x-moltworker-.*|x-openclaw-scopes|sec-websocket-extensions)$/i;

export function createHostedEdge(deps: HostedEdgeDeps): HostedEdge {
  const { hosted, log } = deps;
  const pump = createSocketPump({
    isLive: (principal, generation) => deps.auth().stillValid(principal) && hosted.ready()?.generation === generation,
    onMessage: hosted.touched,
    now: deps.clock.now,
  });

  async function allowed(request: Request): Promise<Principal> {
    const principal = await deps.auth().identify(request);
    deps.auth().authorize(principal, "http", "hosted.use");
    const isSocket = request.headers.get("upgrade")?.toLowerCase() === "websocket";
    if (isSocket || (request.method !== "GET" && request.method !== "HEAD")) deps.auth().checkOrigin(request);
    return principal;
  }

  async function answerNow(request: Request): Promise<Response> {
    const { pathname, search } = new URL(request.url);
    if (!deps.isWanted())
      throw new MoltError("NOT_FOUND", {
        message: "no OpenClaw is hosted here",
        hint: "Choose the engine `moltbot` under Settings, Assistant.",
      });
    const principal = await allowed(request);
    if (pathname === root && isNavigation(request)) return new Response(null, { status: 302, headers: { location: `${root}/` } });
    const front = hosted.ready();
    if (!front) return notReady(request);
    hosted.touched();
    const isSocket = request.headers.get("upgrade")?.toLowerCase() === "websocket";
    const passed = new Request(request, { headers: headersFor(request, principal) });
    try {
      const answer = await front.pass(pathname + search, passed);
      if (answer.webSocket) return pump.join(answer.webSocket, principal, front.generation);
      if (answer.status === 503 && answer.headers.get("content-type")?.includes("json") && isNavigation(request))
        return notReady(request);
      return isSocket ? new Response(null, { status: 503, headers: { "retry-after": "1" } }) : guarded(answer);
    } catch (thrown) {
      if (moltErrorFrom(thrown).code !== "CONTAINER_STALE") throw thrown;
      return notReady(request);
    }
  }

  async function notReady(request: Request): Promise<Response> {
    hosted.wake();
    const info = await deps.info();
    if (isNavigation(request) || request.headers.has("x-moltworker-part")) return hostedPage(info, request);
    const { reason } = info;
    return errorAnswer(
      info.state === "failed" && reason
        ? new MoltError("CONTAINER_FAILED", { message: reason.cause, hint: reason.cure })
        : new MoltError("CONTAINER_STARTING", { retryAfterMs: 1_000, details: { stage: info.stage } }),
    );
  }

  return {
    sweep: pump.sweep,
    sockets: pump.open,
    answer(request) {
      if (!isHostedPath(new URL(request.url).pathname)) return undefined;
      return answerNow(request).catch((thrown: unknown) => {
        const code = moltErrorFrom(thrown).code;
        // A person who is not signed in gets the page that signs in.
        if (isNavigation(request) && code.startsWith("AUTH_"))
          return new Response(null, { status: 302, headers: { location: "/" } });
        return errorAnswer(thrown, log);
      });
    },
  };
}

function headersFor(request: Request, principal: Principal): Headers {
  const headers = new Headers();
  for (const [name, value] of request.headers) if (!dropped.test(name)) headers.append(name, value);
  headers.set("x-moltworker-scopes", principal.scopes.filter((scope) => scope.startsWith("operator.")).join(","));
  return headers;
}

/** Pages that an agent made stand on our own name: without the gateway's own policy they get an origin of their own. */
function guarded(answer: Response): Response {
  const copy = new Response(answer.body, answer);
  copy.headers.delete("set-cookie");
  copy.headers.set("x-content-type-options", "nosniff");
  const type = copy.headers.get("content-type") ?? "";
  const policy = copy.headers.get("content-security-policy");
  const isDocument = /html|svg|xml/.test(type);
  if (isDocument && !/script-src 'self'/.test(policy ?? ""))
    copy.headers.append("content-security-policy", "sandbox allow-scripts allow-forms allow-popups");
  return copy;
}
