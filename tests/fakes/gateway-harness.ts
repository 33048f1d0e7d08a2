/** The gateway with plain stand-ins for what surrounds it: secrets and settings in memory, egress over fetch. */

import type { ModelCall, ModelEvent } from "../../packages/worker/src/agent/model.ts";
import type { CallRow } from "../../packages/worker/src/ai-gateway/call-row.ts";
import { createGateway, type Gateway } from "../../packages/worker/src/ai-gateway/gateway.ts";
import type { Governor } from "../../packages/worker/src/ai-gateway/governor/governor.ts";
import type { ManagedSettings } from "../../packages/worker/src/ai-gateway/managed.ts";
import { createPrices } from "../../packages/worker/src/ai-gateway/prices.ts";
import type { GatewayDependencies, GatewayLimits, ProviderSettings } from "../../packages/worker/src/ai-gateway/settings.ts";
import { providers } from "../../packages/worker/src/catalog/providers.ts";
import { type Clock, systemClock } from "../../packages/worker/src/platform/clock.ts";
import type { EgressPolicy } from "../../packages/worker/src/platform/egress.ts";
import { createKeyPool } from "../../packages/worker/src/secrets/key-pool.ts";
import { providerKeyName, type SecretSource, type Secrets } from "../../packages/worker/src/secrets/secrets.ts";

export interface Harness {
  gateway: Gateway;
  rows: CallRow[];
  secrets: Secrets;
  settings: { providers: Record<string, ProviderSettings>; agent: { model: string | null }; gateway: ManagedSettings };
  /** Every outbound request's address and policy. */
  outbound: { url: string; policy: EgressPolicy }[];
  changes: () => number;
}

export interface HarnessOptions {
  keys?: Record<string, string>;
  providers?: Record<string, ProviderSettings>;
  model?: string | null;
  limits?: Partial<GatewayLimits>;
  clock?: Clock;
  /** Admits everything when absent. */
  governor?: Governor;
  /** Replaces the network. */
  fetch?: typeof fetch;
}

const noPrices = {};
const embedded: ManagedSettings = {
  mode: "embedded",
  cloudflare: { account: null, gateway: "default", url: "https://gateway.ai.cloudflare.com" },
};
const freeGovernor: Governor = {
  admit: async ({ callId, provider, model, maxOutputTokens }) => ({
    callId,
    ref: `${provider}/${model}`,
    maxOutputTokens,
    reservedUsd: 0,
    warnings: [],
    remaining: [],
  }),
  extend: async () => {},
  settle: ({ estimated }) => ({ costUsd: 0, estimated, remaining: [] }),
  wantsBodies: () => false,
  flush: () => {},
};
const quiet = { debug() {}, info() {}, warn() {}, error() {} };

export function createHarness(options: HarnessOptions = {}): Harness {
  const rows: CallRow[] = [];
  const outbound: Harness["outbound"] = [];
  const settings: Harness["settings"] = {
    providers: options.providers ?? {},
    agent: { model: options.model ?? null },
    gateway: embedded,
  };
  const secrets = memorySecrets(options.keys ?? {});
  let changes = 0;
  const send = options.fetch ?? fetch;
  const deps: GatewayDependencies = {
    providers,
    governor: options.governor ?? freeGovernor,
    prices: createPrices({ providers, own: () => noPrices, now: () => (options.clock ?? systemClock).now() }),
    config: {
      get: ((section: "providers" | "agent" | "gateway") => settings[section]) as GatewayDependencies["config"]["get"],
      patch: (merge) => Object.assign(settings.providers, (merge as { providers?: Record<string, ProviderSettings> }).providers),
    },
    secrets,
    keys: createKeyPool(secrets, options.clock ?? systemClock),
    egress: {
      fetch(url, init, policy) {
        outbound.push({ url: String(url), policy });
        return send(url, init);
      },
    },
    clock: options.clock ?? systemClock,
    log: quiet,
    recordCall: (row) => void rows.push(row),
    onModelsChanged: () => void (changes += 1),
    limits: { firstRetryMs: 5, discoveryTimeoutMs: 10_000, ...options.limits },
    random: () => 0.5,
  };
  return { gateway: createGateway(deps), rows, secrets, settings, outbound, changes: () => changes };
}

function memorySecrets(keys: Record<string, string>): Secrets {
  const values = new Map<string, { value: string; source: SecretSource }>();
  for (const [provider, value] of Object.entries(keys)) values.set(providerKeyName(provider), { value, source: "environment" });
  let changes = 0;
  const put = (name: string, value: string, source: SecretSource) => {
    changes += 1;
    values.set(name, { value, source });
  };
  return {
    get: (name) => values.get(name)?.value,
    source: (name) => values.get(name)?.source,
    names: (prefix) => [...values.keys()].filter((name) => name.startsWith(prefix)),
    revision: () => changes,
    version: () => 0,
    set: (name, value, source) => put(name, value, source),
    delete: (name) => {
      changes += 1;
      values.delete(name);
    },
    seed: (name, value) => put(name, value, "environment"),
  };
}

const userPrompt = (text: string): ModelCall["request"]["prompt"] => [
  { role: "system", content: "You are a test." },
  { role: "user", content: [{ type: "text", text }] },
];

export function callFor(
  ref: string,
  text: string,
  more: Partial<ModelCall> & { thinking?: "off" | "medium" | "high"; tools?: string[] } = {},
): ModelCall {
  const { thinking = "off", tools = [], ...rest } = more;
  return {
    ref,
    request: {
      prompt: userPrompt(text),
      tools: tools.map((name) => ({
        type: "function",
        name,
        description: `Runs ${name}.`,
        inputSchema: { type: "object", properties: { path: { type: "string" } } },
      })),
      thinking,
    },
    sessionKey: "agent:main:main",
    runId: "run_1",
    step: 0,
    signal: new AbortController().signal,
    ...rest,
  };
}

/** Everything that came, and how it ended. */
export async function collect(
  stream: AsyncIterable<ModelEvent>,
  onEvent?: (event: ModelEvent) => void,
): Promise<{ events: ModelEvent[]; error?: unknown }> {
  const events: ModelEvent[] = [];
  try {
    for await (const event of stream) {
      events.push(event);
      onEvent?.(event);
    }
    return { events };
  } catch (error) {
    return { events, error };
  }
}

/** The product's own list. */
export { providers };
