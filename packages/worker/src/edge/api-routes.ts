/**
 * HTTP inside the Assistant object: sign-in, what the host may ask, blobs. Every route names its action and asks
 * `authorize`; every mutation first proves that no other site or port sent it. Unknown routes are 404, in JSON.
 */

import { MoltError } from "@moltworker/protocol/errors";
import { type Context, Hono } from "hono";
import * as z from "zod";
import { addressOf } from "../auth/address.ts";
import type { Auth, Visit } from "../auth/auth.ts";
import { isSecure } from "../auth/cookie.ts";
import { isLoopbackName } from "../auth/passkey-refusals.ts";
import type { Principal } from "../auth/principal.ts";
import type { Doctor } from "../doctor/doctor.ts";
import type { Log } from "../platform/log.ts";
import type { Blobs } from "../storage/blobs.ts";
import { errorAnswer, json, refusalBody } from "./answers.ts";
import { readBlob, storeBlob } from "./blob-routes.ts";
import { readJson } from "./body.ts";
import { addDebugRoutes, type DebugRouteDeps } from "./debug-routes.ts";
import { signInByAddress } from "./legacy-token.ts";
import { addMoltworkerRoutes, type MoltworkerRouteDeps } from "./moltworker-routes.ts";
import { addPasskeyRoutes } from "./passkey-routes.ts";
import type { RouteGroup } from "./route-group.ts";

export interface ApiDeps extends MoltworkerRouteDeps, DebugRouteDeps {
  auth: Auth;
  blobs: Blobs;
  doctor: Doctor;
  log: Log;
  assistantName(): string;
  /** Answered on `/readyz` to anyone, so no word more. 503 while `ready` is false. */
  ready(): { ready: boolean };
  /** Tells clients to come back later, and stops taking work. */
  drain(reason: string): unknown;
  /** Closes the live sockets of principals whose grant ended. */
  closePrincipals(principalIds: string[]): unknown;
  /** Routes of the parts beside the core. */
  groups?: readonly RouteGroup[];
}

export interface Api {
  fetch(request: Request): Promise<Response>;
}

const linkBody = z.strictObject({ code: z.string().min(1).max(200) });
const doctorBody = z.strictObject({
  probe: z.boolean().optional(),
  ids: z.array(z.string().min(1).max(60)).max(100).optional(),
  now: z.number().optional(),
});
const fixBody = z.strictObject({ id: z.string().min(1).max(60) });
const tokenBody = z.strictObject({ token: z.string().max(16_000) });

export function createApi(deps: ApiDeps): Api {
  const { auth, log } = deps;
  const app = new Hono();

  /** The caller, once they may do this. */
  async function allowed(context: Context, action: string): Promise<Principal> {
    const principal = await auth.identify(context.req.raw);
    auth.authorize(principal, "http", action);
    return principal;
  }

  app.use("/api/*", async (context, next) => {
    const { method } = context.req;
    if (method !== "GET" && method !== "HEAD") auth.checkOrigin(context.req.raw);
    await next();
  });

  app.post("/api/auth/link", async (context) => {
    const { code } = await readJson(context.req.raw, linkBody);
    const { setCookie } = await auth.redeemLink(code, visitOf(context.req.raw));
    return json({ ok: true }, { headers: { "set-cookie": setCookie } });
  });
  app.post("/api/auth/token", async (context) => {
    const { token } = await readJson(context.req.raw, tokenBody);
    const { setCookie } = await auth.redeemToken(token, visitOf(context.req.raw));
    return json({ ok: true }, { headers: { "set-cookie": setCookie } });
  });
  app.post("/api/auth/signout", async (context) => {
    const principal = await allowed(context, "api.signout");
    deps.closePrincipals(auth.endSession(principal));
    return json({ ok: true }, { headers: { "set-cookie": auth.clearCookie(isSecure(context.req.raw)) } });
  });
  app.get("/api/auth/me", async (context) => {
    const principal = await auth.identify(context.req.raw);
    const signedIn = principal.kind !== "anonymous";
    return json({
      signedIn,
      kind: principal.kind,
      scopes: principal.scopes,
      ...(signedIn ? { assistantName: deps.assistantName() } : { ...refusalBody(principal), ...passkeyHint(context.req.raw) }),
    });
  });

  /** Whether a stranger's page should offer a passkey, and at which name. */
  function passkeyHint(request: Request): { passkeyHost?: string } {
    const { hostname } = new URL(request.url);
    const names = isLoopbackName(hostname) ? ["localhost"] : [hostname];
    const passkeyHost = names.find(auth.passkeys.existsAt);
    return passkeyHost === undefined ? {} : { passkeyHost };
  }

  app.post("/api/host/link", async (context) => {
    await allowed(context, "api.host.link");
    return json(await auth.createLink());
  });
  app.get("/api/host/gateway-token", async (context) => {
    await allowed(context, "api.host.token");
    return json({ token: auth.revealGatewayToken() });
  });
  app.post("/api/host/drain", async (context) => {
    await allowed(context, "api.host.drain");
    await deps.drain("gateway stopping");
    return json({ ok: true });
  });
  app.get("/api/host/status", async (context) => {
    await allowed(context, "api.host.status");
    return json(deps.status());
  });
  app.post("/api/doctor", async (context) => {
    await allowed(context, "api.doctor.run");
    return json(await deps.doctor.run(await readJson(context.req.raw, doctorBody)));
  });
  app.post("/api/doctor/fix", async (context) => {
    await allowed(context, "api.doctor.fix");
    return json(await deps.doctor.fix((await readJson(context.req.raw, fixBody)).id));
  });
  app.on(["GET", "HEAD"], "/readyz", () => {
    const state = deps.ready();
    return json(state, { status: state.ready ? 200 : 503 });
  });

  addPasskeyRoutes(app, deps, allowed, visitOf);
  addMoltworkerRoutes(app, deps, allowed);
  addDebugRoutes(app, deps, allowed);
  for (const addRoutes of deps.groups ?? []) addRoutes(app, allowed);

  app.on(["PUT", "POST"], "/api/blobs", async (context) => {
    await allowed(context, "api.blobs.write");
    return storeBlob(context.req.raw, deps.blobs);
  });
  app.get("/api/blobs/:id", async (context) => {
    await allowed(context, "api.blobs.read");
    return readBlob(context.req.raw, context.req.param("id"), deps.blobs);
  });

  app.all("/api/*", () => errorAnswer(new MoltError("NOT_FOUND", { message: "there is no such route" })));
  app.get("*", (context) => signInByAddress(context.req.raw, visitOf(context.req.raw), auth));
  app.notFound(() => errorAnswer(new MoltError("NOT_FOUND", { message: "there is no such route" })));
  app.onError((error) => errorAnswer(error, log));

  return { fetch: async (request) => app.fetch(request) };
}

function visitOf(request: Request): Visit {
  const agent = request.headers.get("user-agent");
  return { address: addressOf(request), secure: isSecure(request), ...(agent ? { agent } : {}) };
}
