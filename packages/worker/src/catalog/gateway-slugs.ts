/** First segments of a path that lead to a provider: its own providers by their ids, and the gateway's table. */

import { upstreamSlugs } from "../ai-gateway/proxy/upstreams.ts";
import { providers } from "./providers.ts";

export const gatewaySlugs: ReadonlySet<string> = new Set(upstreamSlugs(providers));
