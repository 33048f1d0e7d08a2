import * as z from "zod";
import { auditName } from "../auth/audit.ts";
import { defineMethod } from "../rpc/method.ts";

/** Back to an earlier version of a section, as a new version; checked as any change is. */
export const configRestore = defineMethod<"config.restore">({
  name: "config.restore",
  scope: "operator.admin",
  audit: ({ section, version }) => (version === 0 ? `${section}: its defaults` : `${section}: version ${version}`),
  params: () =>
    z.strictObject({
      section: z.string().min(1).max(60),
      version: z.int().min(0),
      baseHash: z.string().optional(),
    }),
  handle({ section, version, baseHash }, { configHistory, hub, clock }, { principal }) {
    const changed = configHistory.restore(section, version, {
      changedBy: auditName(principal),
      ...(baseHash === undefined ? {} : { baseHash }),
    });
    hub.publish("models.changed", { ts: clock.now() });
    return { ok: true, ...changed };
  },
});
