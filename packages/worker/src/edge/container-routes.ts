/** Containers for the command on the machine: what the admin page does, by name. */

import * as z from "zod";
import type { Containers } from "../containers/containers.ts";
import { json } from "./answers.ts";
import { readJson } from "./body.ts";
import type { RouteGroup } from "./route-group.ts";

const hostName = z.string().min(1).max(253);

const body = z.discriminatedUnion("action", [
  z.strictObject({ action: z.literal("list") }),
  z.strictObject({ action: z.literal("credentials") }),
  z.strictObject({
    action: z.literal("credential-set"),
    host: hostName,
    secret: z.string().min(1).max(8_000),
    header: z.string().max(60).optional(),
    scheme: z.enum(["Bearer", "Basic", "none"]).optional(),
    url: z.string().max(500).optional(),
  }),
  z.strictObject({ action: z.literal("credential-remove"), host: hostName }),
  z.strictObject({ action: z.enum(["restart", "stop", "delete", "logs"]), id: z.string().min(1).max(60) }),
]);

export function containerRoutes(containers: Containers): RouteGroup {
  return (app, allowed) => {
    app.post("/api/containers", async (context) => {
      await allowed(context, "api.containers");
      const asked = await readJson(context.req.raw, body);
      switch (asked.action) {
        case "list":
          return json(await containers.report());
        case "credentials":
          return json({ credentials: containers.credentials.list() });
        case "credential-set": {
          const { action: _action, secret, ...rule } = asked;
          containers.credentials.add(rule, secret);
          return json({ ok: true });
        }
        case "credential-remove":
          containers.credentials.remove(asked.host);
          return json({ ok: true });
        case "restart":
          return json({ generation: await containers.restart(asked.id) });
        case "stop":
          await containers.stop(asked.id);
          return json({ ok: true });
        case "delete":
          await containers.remove(asked.id);
          return json({ ok: true });
        case "logs":
          return json({ lines: await containers.lines(asked.id) });
      }
    });
  };
}
