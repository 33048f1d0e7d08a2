/** The `model` of a request: the assistant itself under one of its names, or one model of a provider. */

import { MoltError } from "@moltworker/protocol/errors";
import type { ModelRow } from "@moltworker/protocol/rows";
import type { Gateway } from "../../ai-gateway/gateway.ts";
import { defaultAgentId } from "../../sessions/session-key.ts";

/** What `GET /v1/models` calls the assistant. The others are OpenClaw's names for it, today's and earlier ones. */
export const assistantModel = "moltworker";
const ownNames = /^(?:moltworker|openclaw|moltbot|clawdbot)(?:[/:](.+))?$/;

/** `provider/model`, or undefined for whatever the assistant uses by itself. Throws MODEL_UNKNOWN, NOT_FOUND. */
export async function chooseModel(
  models: Pick<Gateway, "settled" | "listModels" | "describe">,
  wanted: string,
): Promise<string | undefined> {
  const own = ownNames.exec(wanted);
  if (own) {
    checkAgent(own[1] ?? defaultAgentId);
    return undefined;
  }
  await models.settled();
  const rows = models.listModels();
  const row = rows.find((one) => one.ref === wanted) ?? onlyOne(rows.filter((one) => one.id === wanted));
  if (row && !row.available)
    throw new MoltError("PROVIDER_KEY_MISSING", {
      message: `${row.ref} cannot be used now: ${row.unavailableReason ?? "its provider is not set up"}`,
      details: { param: "model" },
    });
  if (row) return row.ref;
  throw new MoltError("MODEL_UNKNOWN", {
    message: `there is no model "${wanted.slice(0, 120)}"`,
    hint: `Use "${assistantModel}", or one that GET /v1/models lists.`,
    details: { param: "model" },
  });
}

/** Throws NOT_FOUND: there is one agent. */
export function checkAgent(id: string): void {
  if (id === defaultAgentId || id === "default") return;
  throw new MoltError("NOT_FOUND", {
    message: `there is no agent "${id.slice(0, 60)}"`,
    hint: `Use "${defaultAgentId}", or leave the agent out.`,
    details: { param: "model" },
  });
}

/** The same id at two providers names neither. */
const onlyOne = (rows: ModelRow[]): ModelRow | undefined => (rows.length === 1 ? rows[0] : undefined);
