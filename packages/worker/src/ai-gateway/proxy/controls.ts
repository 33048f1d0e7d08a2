/** What may be seen and moved of the AI gateway by hand. */

import type { KeyPool } from "../../secrets/key-pool.ts";
import type { Breakers } from "./breaker.ts";
import type { AnswerCache } from "./cache.ts";

export interface AiGatewayControls {
  breakers: Breakers;
  cache: AnswerCache;
  keys: KeyPool;
}
