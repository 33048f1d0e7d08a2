/** All sockets of the assistant, and the one way that events reach them. */

import type { EventMap, EventName } from "@moltworker/protocol/events";
import { hasScope, type Scope } from "@moltworker/protocol/scopes";
import type { Audience, EventSink } from "../runs/event-sink.ts";
import { type Connection, type ConnectionState, createConnection } from "./connection.ts";
import type { EventLog, LoggedEvent } from "./event-log.ts";
import { stockEvent } from "./stock-shapes.ts";

/** Scope that a socket needs for an event; the rest need none. An event without a line here is not sent to anyone. */
const eventScopes: Record<EventName, Scope | null> = {
  "connect.challenge": null,
  tick: null,
  health: null,
  shutdown: null,
  chat: "operator.read",
  agent: "operator.read",
  "session.message": "operator.read",
  "sessions.changed": "operator.read",
  "exec.approval.requested": "operator.approvals",
  "exec.approval.resolved": "operator.approvals",
  "device.pair.requested": "operator.pairing",
  "device.pair.resolved": "operator.pairing",
  "models.changed": "operator.read",
  "channels.changed": "operator.read",
  "gateway.suspension": "operator.read",
  "logs.line": "operator.admin",
  "snapshots.changed": "operator.read",
};

type Published = { [Name in EventName]: { event: Name; payload: EventMap[Name] } }[EventName];

/** Gets every published event inside the object, in the same turn of the event loop as the rows it announces. Must not throw. */
export type Follower = (published: Published) => void;

export interface Hub extends EventSink {
  /** Until the returned function is called. */
  follow(follower: Follower): () => void;
  adopt(socket: WebSocket, state?: ConnectionState): Connection;
  find(socket: WebSocket): Connection | undefined;
  remove(socket: WebSocket): void;
  all(): Connection[];
  /** Everything after the cursor; undefined when the log no longer has it all. */
  missed(cursor: number): LoggedEvent[] | undefined;
  replay(connection: Connection, missed: LoggedEvent[]): void;
  cursor(): number;
  /** Drops events that are older than any client may still ask for. */
  prune(): void;
}

export function createHub(log: EventLog): Hub {
  const connections = new Map<WebSocket, Connection>();
  const followers = new Set<Follower>();

  const deliver = <Name extends EventName>(
    event: Name,
    payload: EventMap[Name],
    ours: string,
    audience: Audience = "all",
    cursor?: number,
  ) => {
    const scope = eventScopes[event];
    let stock: string | undefined;
    for (const connection of connections.values()) {
      if (!wants(connection, event, scope)) continue;
      const isOurs = connection.state.caps.includes("resume");
      if (audience !== "all" && (audience === "ours") !== isOurs) continue;
      stock ??= isOurs ? undefined : JSON.stringify(stockEvent(event, payload));
      connection.sendEvent(event, isOurs ? ours : (stock as string), cursor);
    }
  };

  return {
    publish(event, payload, audience) {
      const text = JSON.stringify(payload);
      deliver(event, payload, text, audience, log.append(event, text));
      for (const follower of followers) follower({ event, payload } as Published);
    },
    follow(follower) {
      followers.add(follower);
      return () => void followers.delete(follower);
    },
    announce(event, payload, audience) {
      deliver(event, payload, JSON.stringify(payload), audience);
    },
    adopt(socket, state) {
      const connection = createConnection(socket, state);
      connections.set(socket, connection);
      return connection;
    },
    find: (socket) => connections.get(socket),
    remove: (socket) => void connections.delete(socket),
    all: () => [...connections.values()],
    missed: (cursor) => log.since(cursor),
    replay(connection, missed) {
      for (const entry of missed) {
        if (wants(connection, entry.event, eventScopes[entry.event]))
          connection.sendEvent(entry.event, entry.payload, entry.cursor);
      }
    },
    cursor: () => log.cursor(),
    prune: () => log.prune(),
  };
}

function wants(connection: Connection, event: EventName, scope: Scope | null): boolean {
  const { phase, principal, caps, logs } = connection.state;
  if (phase !== "ready") return false;
  if (scope !== null && !hasScope(principal.scopes, scope)) return false;
  if (event === "logs.line" && logs !== true) return false;
  // Stock clients ask for tool streams by capability; `session.message` they get by subscription, which ours always hold.
  return event !== "session.message" || caps.includes("resume");
}
