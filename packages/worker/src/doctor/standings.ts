/** How each provider in use stands: what its last call said, or with `probe` a real call now with the key that is kept. */

import { type ErrorCode, moltErrorFrom } from "@moltworker/protocol/errors";
import type { ProviderStatus } from "@moltworker/protocol/rows";
import type { Gateway } from "../ai-gateway/gateway.ts";

export interface Standing {
  id: string;
  label: string;
  /** The default model is this provider's. */
  isDefault: boolean;
  state: ProviderStatus["state"];
  baseUrl: string;
  error: { code: ErrorCode; message: string; hint: string } | undefined;
}

/** Providers with a key, local ones that were found, and the one of the default model. The scripted demo is not among them. */
export async function readStandings(models: Gateway, probe: boolean): Promise<Standing[]> {
  await models.settled();
  const ref = models.defaultModel();
  const defaultId = ref.slice(0, ref.indexOf("/"));
  const used = models
    .providerStatuses()
    .filter((status) => status.id !== "demo")
    .filter((status) => status.id === defaultId || status.keySource !== "none" || (!status.needsKey && status.state === "ready"));
  return Promise.all(used.map((status) => standingOf(models, status, status.id === defaultId, probe)));
}

async function standingOf(models: Gateway, status: ProviderStatus, isDefault: boolean, probe: boolean): Promise<Standing> {
  const base = { id: status.id, label: status.label, isDefault, state: status.state, baseUrl: status.baseUrl };
  const known = status.lastError && { ...status.lastError, code: status.lastError.code as ErrorCode };
  if (!probe || status.state === "no-key") return { ...base, error: known };
  try {
    await models.prove(status.id);
    return { ...base, state: "ready", error: undefined };
  } catch (thrown) {
    const { code, message, hint } = moltErrorFrom(thrown);
    return { ...base, error: { code, message, hint } };
  }
}
