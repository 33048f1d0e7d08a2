import { MoltError } from "@moltworker/protocol/errors";
import * as z from "zod";
import { auditName } from "../auth/audit.ts";
import { defineMethod } from "../rpc/method.ts";

/** JSON merge patch over the settings; validated whole before anything is stored. */
export const configPatch = defineMethod<"config.patch">({
  name: "config.patch",
  scope: "operator.admin",
  audit: ({ raw }) => pathsIn(raw).join(", "),
  params: () => z.looseObject({ raw: z.string().min(2).max(1_000_000), baseHash: z.string().optional() }),
  handle({ raw, baseHash }, { config, hub, clock }, { principal }) {
    const merge = parseObject(raw);
    const { changedPaths, hash } = config.patch(merge, {
      changedBy: auditName(principal),
      ...(baseHash === undefined ? {} : { baseHash }),
    });
    hub.publish("models.changed", { ts: clock.now() });
    return {
      ok: true,
      path: "sqlite:config",
      hash,
      config: config.snapshot().config as unknown as Record<string, unknown>,
      changedPaths,
    };
  },
});

function parseObject(raw: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(raw);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Said below.
  }
  throw new MoltError("CONFIG_INVALID", { message: "the patch is not a JSON object" });
}

/** The names of what is to change, for the audit: `agent.name`. Values stay out. */
function pathsIn(raw: string): string[] {
  const merge = parseObject(raw);
  return Object.entries(merge).flatMap(([section, fields]) =>
    typeof fields === "object" && fields !== null ? Object.keys(fields).map((name) => `${section}.${name}`) : [section],
  );
}
