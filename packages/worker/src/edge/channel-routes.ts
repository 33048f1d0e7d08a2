/** Channels over HTTP, for the command line and for scripts: how they stand, who asks, what did not arrive. */

import { messageFates } from "@moltworker/protocol/channels";
import { MoltError } from "@moltworker/protocol/errors";
import * as z from "zod";
import type { Principal } from "../auth/principal.ts";
import type { Channels } from "../delivery/channels.ts";
import { json } from "./answers.ts";
import { readJson, readShape } from "./body.ts";
import type { RouteGroup } from "./route-group.ts";

const ref = { channel: z.string().min(1).max(40), accountId: z.string().min(1).max(40).optional() };
const connectBody = z.strictObject({ ...ref, secrets: z.record(z.string().max(40), z.string().max(8_000)) });
const testBody = z.strictObject({ ...ref, to: z.string().min(1).max(200).optional() });
const pairBody = z.strictObject({ code: z.string().min(1).max(60), role: z.enum(["owner", "guest"]).default("guest") });
const idBody = z.strictObject({ id: z.string().min(1).max(60) });
const messagesQuery = z.object({
  channel: z.string().max(40).optional(),
  fate: z.enum(messageFates).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(20),
});
const rejectBody = z.strictObject({ code: z.string().min(1).max(60) });

export function channelRoutes(channels: Channels): RouteGroup {
  const by = (principal: Principal) => principal.id;
  return (app, allowed) => {
    app.get("/api/channels", async (context) => {
      await allowed(context, "api.channels.read");
      const probe = context.req.query("probe") === "true";
      return json({
        kinds: channels.kinds(),
        accounts: await channels.status({ probe }),
        pairings: channels.pairings(),
        troubled: (["dead", "unknown"] as const).flatMap((state) => channels.sends({ state, limit: 50 }).sends),
      });
    });
    app.get("/api/channels/people", async (context) => {
      await allowed(context, "api.channels.read");
      return json({ people: channels.senders({ channel: context.req.query("channel") }) });
    });
    app.get("/api/channels/messages", async (context) => {
      await allowed(context, "api.channels.read");
      return json(channels.messages(readShape(messagesQuery, context.req.query())));
    });
    app.post("/api/channels/connect", async (context) => {
      const principal = await allowed(context, "api.channels.connect");
      const { secrets, ...account } = await readJson(context.req.raw, connectBody);
      return json({ account: await channels.connect(account, secrets, by(principal)) });
    });
    app.post("/api/channels/test", async (context) => {
      await allowed(context, "api.channels.send");
      const { to, ...account } = await readJson(context.req.raw, testBody);
      return json({ send: await channels.sendTest(account, to) });
    });
    app.post("/api/channels/pairing/approve", async (context) => {
      const principal = await allowed(context, "api.channels.pair");
      const { code, role } = await readJson(context.req.raw, pairBody);
      return json({ sender: channels.approvePairing(code, role, by(principal)) });
    });
    app.post("/api/channels/pairing/reject", async (context) => {
      const principal = await allowed(context, "api.channels.pair");
      const { code } = await readJson(context.req.raw, rejectBody);
      return json({ request: channels.dismissPairing(code, by(principal)) });
    });
    app.post("/api/channels/sends/retry", async (context) => {
      await allowed(context, "api.channels.send");
      return json({ send: channels.retrySend((await readJson(context.req.raw, idBody)).id) });
    });
    app.post("/api/channels/sends/discard", async (context) => {
      await allowed(context, "api.channels.send");
      return json({ send: channels.discardSend((await readJson(context.req.raw, idBody)).id) });
    });
    app.get("/api/channels/sends/:id", async (context) => {
      await allowed(context, "api.channels.read");
      const id = context.req.param("id");
      const send = channels.sends({ limit: 200 }).sends.find((one) => one.id === id);
      if (!send) throw new MoltError("NOT_FOUND", { message: "there is no such send" });
      return json({ send });
    });
  };
}
