/** Where runs announce what happened. The hub implements it; runs know no sockets. */

import type { EventMap, EventName } from "@moltworker/protocol/events";

/** `ours`: clients that resume by cursor. `stock`: the rest, whose validators know only OpenClaw's own values. */
export type Audience = "all" | "ours" | "stock";

export interface EventSink {
  /** A durable event: a row in the event log in the same commit as the change it announces. */
  publish<Name extends EventName>(event: Name, payload: EventMap[Name], audience?: Audience): void;
  /** Sent to whoever listens now, never replayed. */
  announce<Name extends EventName>(event: Name, payload: EventMap[Name], audience?: Audience): void;
}
