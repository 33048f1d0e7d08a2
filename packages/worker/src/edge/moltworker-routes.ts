/**
 * The addresses that moltworker's users and scripts know, with the same shapes. They say what is true here, where no
 * container holds the gateway; none runs a command, and no GET changes anything.
 */

import { moltErrorFrom } from "@moltworker/protocol/errors";
import type { Context, Hono } from "hono";
import { addressOf } from "../auth/address.ts";
import { type Audit, auditName } from "../auth/audit.ts";
import type { Auth } from "../auth/auth.ts";
import { pairedDevice } from "../auth/devices.ts";
import type { Principal } from "../auth/principal.ts";
import { json } from "./answers.ts";
import type { Allowed } from "./route-group.ts";

export interface MoltworkerRouteDeps {
  auth: Auth;
  audit: Audit;
  closePrincipals(principalIds: string[]): unknown;
}

export function addMoltworkerRoutes(app: Hono, deps: MoltworkerRouteDeps, allowed: Allowed): void {
  const { auth } = deps;

  const approve = (context: Context, principal: Principal, reference: string): string => {
    const entry = {
      who: auditName(principal),
      surface: "http" as const,
      action: "device.pair.approve",
      address: addressOf(context.req.raw),
      detail: reference,
    };
    try {
      const { request, device } = auth.pairings.approve(principal, reference);
      deps.closePrincipals([device.id]);
      deps.audit.record({ ...entry, outcome: "ok" });
      return request.requestId;
    } catch (thrown) {
      deps.audit.record({ ...entry, outcome: moltErrorFrom(thrown).code });
      throw thrown;
    }
  };

  app.get("/api/status", () => json({ ok: true, status: "running" }));
  app.get("/api/admin/devices", async (context) => {
    await allowed(context, "api.admin.devices");
    return json({ pending: auth.pairings.list(), paired: auth.listDevices().map(pairedDevice) });
  });
  app.post("/api/admin/devices/approve-all", async (context) => {
    const principal = await allowed(context, "api.admin.devices.approve");
    const approved: string[] = [];
    const failed: { requestId: string; error: string }[] = [];
    for (const { requestId } of auth.pairings.list()) {
      try {
        approved.push(approve(context, principal, requestId));
      } catch (thrown) {
        failed.push({ requestId, error: moltErrorFrom(thrown).message });
      }
    }
    return json({ approved, failed, message: `${approved.length} approved, ${failed.length} failed` });
  });
  app.post("/api/admin/devices/:id/approve", async (context) => {
    const principal = await allowed(context, "api.admin.devices.approve");
    const requestId = approve(context, principal, context.req.param("id"));
    return json({ success: true, requestId, message: "Approved; the device fetches its token when it connects again." });
  });
  app.post("/api/admin/gateway/restart", async (context) => {
    await allowed(context, "api.admin.restart");
    return json({
      success: true,
      message:
        "Nothing had to be restarted: the gateway is no process here, and settings and secrets are read when they are used.",
      previousProcessId: null,
    });
  });
}
