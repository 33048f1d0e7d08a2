/** Where runs announce what happened. The hub implements it; runs know no sockets. */

import type { EventMap, EventName } from "@moltworker/protocol/events";

export interface EventSink {
  /** A durable event: a row in the event log in the same commit as the change it announces. */
  publish<Name extends EventName>(event: Name, payload: EventMap[Name]): void;
  /**
   * Sent to whoever listens now, never replayed. `stock`: only to clients that read no cursor, for what ours have
   * from the durable events already.
   */
  announce<Name extends EventName>(event: Name, payload: EventMap[Name], audience?: "all" | "stock"): void;
}
