/** Proves a typed key and address by a real call before anything is kept. */

import { isMoltError, MoltError } from "@moltworker/protocol/errors";
import { foreignKeyKind } from "../secrets/secret-shape.ts";
import type { ModelDirectory } from "./directory.ts";
import type { Provider, ProviderTarget } from "./provider.ts";
import { baseUrlOf } from "./provider.ts";
import { type GatewayDependencies, type GatewayLimits, placeOf } from "./settings.ts";

export interface NewKey {
  /** Absent: the stored one is tested with the new address. */
  apiKey?: string;
  baseUrl?: string;
}

/** Returns the key as it is to be kept. Throws MoltError. */
export async function testKey(
  deps: GatewayDependencies,
  directory: ModelDirectory,
  limits: GatewayLimits,
  { providerId, apiKey: typed, baseUrl }: NewKey & { providerId: string },
): Promise<{ provider: Provider; apiKey: string | undefined }> {
  const provider = directory.provider(providerId);
  if (!provider || provider.dialect === "scripted")
    throw new MoltError("NOT_FOUND", { message: `there is no provider "${providerId}" that takes a key` });
  const place = placeOf(deps, provider);
  const apiKey = typed?.trim() ?? place.apiKey;
  if (place.needsKey && !apiKey) throw new MoltError("PROVIDER_KEY_MISSING", { message: `${provider.label} needs a key` });
  if (apiKey !== undefined && /[^\x21-\x7e]/.test(apiKey))
    throw new MoltError("CONFIG_INVALID", {
      message: "a key is one word without spaces or special characters",
      details: { path: "apiKey" },
    });
  // At an address of one's own a proxy may take any key; the provider itself takes only its own kind.
  const foreign = typed && !place.named && baseUrl === undefined ? foreignKeyKind(provider.id, apiKey ?? "") : undefined;
  if (foreign)
    throw new MoltError("CONFIG_INVALID", {
      message: `this looks like ${foreign}, not like a key of ${provider.label}`,
      hint: `Type the key of ${provider.label} here, and keep the other secret in its own field.`,
      details: { path: "apiKey" },
    });
  const url = baseUrl === undefined ? place.baseUrl : baseUrlOf(provider, baseUrl);
  if (url === "")
    throw new MoltError("CONFIG_INVALID", { message: `${provider.label} needs an address`, details: { path: "baseUrl" } });
  const tried = { ...place, baseUrl: url, named: place.named || baseUrl !== undefined, apiKey };
  await directory.ask(tried, limits.testTimeoutMs, (target, signal) => prove(provider, target, signal));
  return { provider, apiKey };
}

async function prove(provider: Provider, target: ProviderTarget, signal: AbortSignal): Promise<void> {
  if (provider.proveKey) return provider.proveKey(target, signal);
  if (!provider.listModels) return generateOneToken(provider, target, signal);
  try {
    await provider.listModels(target, signal);
  } catch (error) {
    // A proxy may pass model calls only; then a model call decides.
    const noList =
      isMoltError(error) &&
      (error.code === "MODEL_UNKNOWN" || (error.code === "PROVIDER_BAD_RESPONSE" && error.message.includes("404")));
    if (!noList) throw error;
    await generateOneToken(provider, target, signal);
  }
}

async function generateOneToken(provider: Provider, target: ProviderTarget, signal: AbortSignal): Promise<void> {
  if (!provider.defaultModel)
    throw new MoltError("PROVIDER_BAD_RESPONSE", { message: `${provider.label} lists no models at this address` });
  const model = await provider.create(provider.defaultModel, target);
  await model.doGenerate({
    prompt: [{ role: "user", content: [{ type: "text", text: "Say ok." }] }],
    maxOutputTokens: 16,
    abortSignal: signal,
  });
}
