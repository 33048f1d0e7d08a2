/**
 * Passkeys over HTTP, since they are bound to the page's own address: two routes for the owner to register one, two for
 * anybody to sign in with one. The Origin check has gone before.
 */

import type { Hono } from "hono";
import * as z from "zod";
import { addressOf } from "../auth/address.ts";
import { type Audit, auditName } from "../auth/audit.ts";
import type { Auth, Visit } from "../auth/auth.ts";
import { passkeyPlace } from "../auth/passkey-place.ts";
import { assertionSchema, registrationSchema } from "../auth/passkey-proof.ts";
import { json } from "./answers.ts";
import { readJson } from "./body.ts";
import type { Allowed } from "./route-group.ts";

interface PasskeyRouteDeps {
  auth: Auth;
  audit: Audit;
  assistantName(): string;
}

const nothing = z.strictObject({});
const registerBody = z.strictObject({ label: z.string().trim().min(1).max(64), answer: registrationSchema });
const signInBody = z.strictObject({ answer: assertionSchema });
const MAX_BODY_BYTES = 65_536;

export function addPasskeyRoutes(
  app: Hono,
  deps: PasskeyRouteDeps,
  allowed: Allowed,
  visitOf: (request: Request) => Visit,
): void {
  const { auth } = deps;

  app.post("/api/auth/passkey/register/options", async (context) => {
    const principal = await allowed(context, "api.passkey.register");
    await readJson(context.req.raw, nothing);
    const place = passkeyPlace(context.req.raw);
    const name = `${deps.assistantName()} (${new URL(place.origin).host})`;
    return json(await auth.passkeys.registerOptions(principal, place, name, addressOf(context.req.raw)));
  });
  app.post("/api/auth/passkey/register", async (context) => {
    const principal = await allowed(context, "api.passkey.register");
    const { label, answer } = await readJson(context.req.raw, registerBody, MAX_BODY_BYTES);
    const row = await auth.passkeys.register(principal, passkeyPlace(context.req.raw), answer, label);
    deps.audit.record({
      who: auditName(principal),
      surface: "http",
      action: "passkey.register",
      outcome: "ok",
      address: addressOf(context.req.raw),
      detail: `${row.label}, for ${row.host}`,
    });
    return json(row);
  });
  app.post("/api/auth/passkey/options", async (context) => {
    await readJson(context.req.raw, nothing);
    return json(await auth.passkeys.signInOptions(passkeyPlace(context.req.raw), addressOf(context.req.raw)));
  });
  app.post("/api/auth/passkey", async (context) => {
    const { answer } = await readJson(context.req.raw, signInBody, MAX_BODY_BYTES);
    const { setCookie } = await auth.redeemPasskey(passkeyPlace(context.req.raw), answer, visitOf(context.req.raw));
    return json({ ok: true }, { headers: { "set-cookie": setCookie } });
  });
}
