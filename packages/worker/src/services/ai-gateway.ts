/** The AI gateway's HTTP face, put together: keys, breakers, cache, pipeline. */

import type { Caller, CallerDirectory, Governor } from "../ai-gateway/governor/governor.ts";
import { isGatewayPath } from "../ai-gateway/proxy/address.ts";
import { createBreakers } from "../ai-gateway/proxy/breaker.ts";
import { createAnswerCache } from "../ai-gateway/proxy/cache.ts";
import type { AiGatewayControls } from "../ai-gateway/proxy/controls.ts";
import { createProxy } from "../ai-gateway/proxy/proxy.ts";
import { createRetryBudget } from "../ai-gateway/proxy/retry-budget.ts";
import { gatewaySlugs } from "../catalog/gateway-slugs.ts";
import { providers } from "../catalog/providers.ts";
import type { Settings } from "../catalog/sections.ts";
import type { Config } from "../config/config.ts";
import type { Clock } from "../platform/clock.ts";
import type { Egress } from "../platform/egress.ts";
import type { Log } from "../platform/log.ts";
import type { KeyPool } from "../secrets/key-pool.ts";
import type { Database } from "../storage/database.ts";
import type { Part } from "./part.ts";

export interface AiGatewayDeps {
  db: Database;
  config: Config<Settings>;
  keys: KeyPool;
  egress: Egress;
  clock: Clock;
  log: Log;
  governor: Governor;
  callers: CallerDirectory;
  /** The most a model writes, tokens. */
  mostOutputOf(provider: string, model: string): number;
}

const ownerCaller: Caller = {
  tenant: "owner",
  tokenId: null,
  sessionKey: null,
  channel: "replay",
  schedule: null,
  runId: null,
  admin: true,
  own: null,
};

export type AiGatewayPart = Part & AiGatewayControls;

export function createAiGateway(deps: AiGatewayDeps): AiGatewayPart {
  const { db, config, clock } = deps;
  const breakers = createBreakers(clock);
  const cache = createAnswerCache(db, clock);
  const proxy = createProxy({
    ...deps,
    leaves: providers,
    breakers,
    cache,
    retryBudget: createRetryBudget(clock),
    settings: () => config.get("gateway"),
    providerSettings: () => config.get("providers"),
    random: Math.random,
  });
  return {
    breakers,
    cache,
    keys: deps.keys,
    prune: cache.prune,
    repeat: ({ id, provider, endpoint, body }) => {
      const headers = { "content-type": "application/json", "cf-aig-skip-cache": "true" };
      const request = new Request(`http://gateway.internal/${provider}/${endpoint}`, { method: "POST", headers, body });
      return proxy.fetch(request, { caller: ownerCaller, replayOf: id });
    },
    answer: (request) => {
      const pathname = new URL(request.url).pathname;
      return isGatewayPath(request.method, pathname, (segment) => gatewaySlugs.has(segment)) ? proxy.fetch(request) : undefined;
    },
  };
}
