/** Containers for the command on the machine: what the admin page does, by name. */

import * as z from "zod";
import type { Containers } from "../containers/containers.ts";
import { json } from "./answers.ts";
import { readJson } from "./body.ts";
import type { RouteGroup } from "./route-group.ts";

const body = z.discriminatedUnion("action", [
  z.strictObject({ action: z.literal("list") }),
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
