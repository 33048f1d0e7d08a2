/** What the gateway reads of the rest of the assistant, and where each provider is right now. */

import type { TokenLimits } from "@moltworker/protocol/gateway";
import type { Clock } from "../platform/clock.ts";
import type { Egress } from "../platform/egress.ts";
import type { Log } from "../platform/log.ts";
import type { KeyPool, PoolKey } from "../secrets/key-pool.ts";
import type { Secrets } from "../secrets/secrets.ts";
import type { CallRow } from "./call-row.ts";
import type { Governor } from "./governor/governor.ts";
import { cloudflareKeyId, type ManagedSettings, managedBaseUrl, managedFrom, managedHeaders } from "./managed.ts";
import type { Prices } from "./prices.ts";
import { baseUrlOf, type Provider } from "./provider.ts";

export interface ProviderSettings {
  baseUrl?: string | undefined;
  enabled?: boolean | undefined;
  /** Models to offer besides the known ones. */
  models?: string[] | undefined;
}

export interface GatewayConfig {
  get(section: "providers"): Record<string, ProviderSettings>;
  get(section: "agent"): { model: string | null };
  get(section: "gateway"): ManagedSettings;
  patch(merge: Record<string, unknown>, options: { changedBy: string }): unknown;
}

export interface GatewayLimits {
  /** Milliseconds until the first body byte. Default 60,000. */
  firstByteTimeoutMs: number;
  /** The same for a server on the owner's machine, which may have to load the model first. Default 300,000. */
  localFirstByteTimeoutMs: number;
  /** Milliseconds of silence inside an answer. Default 60,000. */
  idleTimeoutMs: number;
  /** The same for a reasoning model that has not said a word yet: some think without a sign. Default 180,000. */
  thinkingTimeoutMs: number;
  /** Milliseconds from the first try within which another one may begin. Default 60,000. */
  retryBudgetMs: number;
  /** Tries in all. Default 5. */
  maxTries: number;
  /** Milliseconds of the first wait between tries; doubles each time. Default 500. */
  firstRetryMs: number;
  /** Milliseconds for finding a local server. Default 1,500. */
  discoveryTimeoutMs: number;
  /** Milliseconds for a call that tests a key. Default 20,000. */
  testTimeoutMs: number;
}

export const defaultLimits: GatewayLimits = {
  firstByteTimeoutMs: 60_000,
  localFirstByteTimeoutMs: 300_000,
  idleTimeoutMs: 60_000,
  thinkingTimeoutMs: 180_000,
  retryBudgetMs: 60_000,
  maxTries: 5,
  firstRetryMs: 500,
  discoveryTimeoutMs: 1_500,
  testTimeoutMs: 20_000,
};

export interface GatewayDependencies {
  providers: readonly Provider[];
  config: GatewayConfig;
  secrets: Secrets;
  keys: KeyPool;
  egress: Egress;
  clock: Clock;
  log: Log;
  prices: Prices;
  governor: Governor;
  /** One row for every try, whatever became of it. */
  recordCall(row: CallRow): void;
  /** The own limits of an API token, for runs that its holder began; null for none. */
  limitsOf?(tokenId: string): TokenLimits | null;
  /** Local servers came, went or changed their models. */
  onModelsChanged?(): void;
  limits?: Partial<GatewayLimits>;
  /** 0 to 1, for jitter. */
  random?(): number;
}

/** A provider as it is configured at this moment. The key is read here, at the moment of use, and kept nowhere. */
export interface Place {
  provider: Provider;
  baseUrl: string;
  /** The owner named the address, or it is the known default of a local server. */
  named: boolean;
  apiKey: string | undefined;
  /** Where `apiKey` comes from. */
  key: PoolKey | undefined;
  /** Without a key nothing can be asked here. Cloudflare's gateway may have one stored. */
  needsKey: boolean;
  /** Sent with every request; with them, headers of a key that is not there are left out. */
  gatewayHeaders: Record<string, string> | undefined;
  enabled: boolean;
}

/** `affinity` chooses among several keys; the same conversation keeps to the same one. */
export function placeOf(deps: GatewayDependencies, provider: Provider, affinity?: string): Place {
  const settings = deps.config.get("providers")[provider.id];
  const [key] = deps.keys.pick(provider.id, { affinity });
  const managed = managedFrom(deps.config.get("gateway"), deps.keys.pick(cloudflareKeyId)[0]?.value);
  const managedBase = managed && managedBaseUrl(managed, provider.id);
  const isManaged = managed !== undefined && managedBase !== undefined;
  return {
    provider,
    baseUrl: managedBase ?? baseUrlOf(provider, settings?.baseUrl),
    named: isManaged ? managed.named : settings?.baseUrl !== undefined || provider.local === true,
    apiKey: key?.value,
    key,
    needsKey: provider.needsKey && !isManaged,
    gatewayHeaders: isManaged ? managedHeaders(managed) : undefined,
    enabled:
      settings?.enabled !== false &&
      (provider.defaultBaseUrl !== "" || settings?.baseUrl !== undefined || provider.dialect === "scripted"),
  };
}
