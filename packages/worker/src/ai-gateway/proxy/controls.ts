/** What may be seen and moved of the AI gateway by hand. */

import type { KeyPool } from "../../secrets/key-pool.ts";
import type { Breakers } from "./breaker.ts";
import type { AnswerCache } from "./cache.ts";

/** A logged call of a program. */
export interface RepeatedCall {
  /** Id of its row. */
  id: string;
  provider: string;
  endpoint: string;
  body: string;
}

export interface AiGatewayControls {
  /** Makes a logged call again for the owner: the stored body to the same address, past every policy and no cache. Never throws. */
  repeat(call: RepeatedCall): Promise<Response>;
  breakers: Breakers;
  cache: AnswerCache;
  keys: KeyPool;
}
