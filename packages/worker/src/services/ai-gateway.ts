/** The AI gateway's HTTP face, put together: keys, breakers, cache, pipeline. */

import type { Caller, CallerDirectory, Governor } from "../ai-gateway/governor/governor.ts";
import type { Prices } from "../ai-gateway/prices.ts";
import { isGatewayPath, placeOf } from "../ai-gateway/proxy/address.ts";
import { createBreakers } from "../ai-gateway/proxy/breaker.ts";
import { createAnswerCache } from "../ai-gateway/proxy/cache.ts";
import type { AiGatewayControls } from "../ai-gateway/proxy/controls.ts";
import { openFrontDesk } from "../ai-gateway/proxy/front-desk.ts";
import { PrefixNotes } from "../ai-gateway/proxy/prefix-notes.ts";
import { createProxy } from "../ai-gateway/proxy/proxy.ts";
import { createRetryBudget } from "../ai-gateway/proxy/retry-budget.ts";
import { gatewaySlugs } from "../catalog/gateway-slugs.ts";
import { providers } from "../catalog/providers.ts";
import type { Settings } from "../catalog/sections.ts";
import type { Config } from "../config/config.ts";
import type { Clock } from "../platform/clock.ts";
import { createDeadlines } from "../platform/deadlines.ts";
import type { Egress } from "../platform/egress.ts";
import type { PatientLog } from "../platform/log.ts";
import type { KeyPool } from "../secrets/key-pool.ts";
import type { Database } from "../storage/database.ts";
import type { Part } from "./part.ts";

export interface AiGatewayDeps {
  db: Database;
  config: Config<Settings>;
  keys: KeyPool;
  egress: Egress;
  clock: Clock;
  log: PatientLog;
  /** Of the object that this is made in. */
  objectId: string;
  governor: Governor;
  prices: Pick<Prices, "known">;
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

/** Model calls of a hosted program: the owner's money, by the owner's rules. */
const hostedCaller: Caller = { ...ownerCaller, channel: "openclaw", admin: false };

export type AiGatewayPart = Part &
  AiGatewayControls & {
    answerHosted(request: Request): Promise<Response>;
    /** Writes what calls at the front have entered. */
    keepFront(): void;
  };

export function createAiGateway(deps: AiGatewayDeps): AiGatewayPart {
  const { db, config, clock } = deps;
  const breakers = createBreakers(clock);
  const cache = createAnswerCache(db, clock);
  const proxy = createProxy({
    ...deps,
    mostOutputOf: remembered(deps.mostOutputOf, clock),
    leaves: providers,
    breakers,
    cache,
    retryBudget: createRetryBudget(clock),
    prefixes: new PrefixNotes(deps.prices),
    deadlines: createDeadlines(),
    settings: () => config.get("gateway"),
    providerSettings: () => config.get("providers"),
    random: Math.random,
  });
  const frontDesk = openFrontDesk(deps.objectId, proxy.fetch, clock);
  return {
    breakers,
    cache,
    keys: deps.keys,
    prune: cache.prune,
    repeat: ({ id, provider, endpoint, body }) => {
      const headers = { "content-type": "application/json", "cf-aig-skip-cache": "true" };
      const url = new URL(`http://gateway.internal/${provider}/${endpoint}`);
      return proxy.fetch(new Request(url, { method: "POST", headers, body }), url, { as: { caller: ownerCaller, replayOf: id } });
    },
    answerHosted: (request) => proxy.fetch(request, placeOf(request.url), { as: { caller: hostedCaller } }),
    keepFront() {
      deps.log.catchUp();
      deps.governor.flush();
      frontDesk.seen();
    },
    answer: (request) => {
      const place = placeOf(request.url);
      const isOurs = isGatewayPath(request.method, place.pathname, (segment) => gatewaySlugs.has(segment));
      if (!isOurs) return undefined;
      frontDesk.seen();
      return proxy.fetch(request, place);
    },
  };
}

const rememberedMs = 30_000;
const mostRemembered = 1_000;

/** A model's description is made from settings and lists: too dear to be made anew for each of a hundred calls a second. */
function remembered(mostOutputOf: AiGatewayDeps["mostOutputOf"], clock: Clock): AiGatewayDeps["mostOutputOf"] {
  const known = new Map<string, { most: number; until: number }>();
  return (provider, model) => {
    const ref = `${provider}/${model}`;
    const entry = known.get(ref);
    if (entry && entry.until > clock.now()) return entry.most;
    if (known.size >= mostRemembered) known.clear();
    const most = mostOutputOf(provider, model);
    known.set(ref, { most, until: clock.now() + rememberedMs });
    return most;
  };
}
