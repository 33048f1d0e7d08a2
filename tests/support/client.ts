/** The product's own client in Node: signs in with the data folder's gateway token and remembers every event it saw. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Client, type ConnectionState, createClient } from "../../packages/protocol/src/client.ts";
import type { EventFrame } from "../../packages/protocol/src/frames.ts";

export interface RecordingClient extends Client {
  events: EventFrame[];
  states: ConnectionState[];
  /** The first event that matches, past or to come. */
  event(matches: (frame: EventFrame) => boolean, timeoutMs?: number): Promise<EventFrame>;
  /** Resolves when the state matches, now or later. */
  reaches(phase: ConnectionState["phase"], timeoutMs?: number): Promise<ConnectionState>;
}

export interface RecordingOptions {
  /** Data folder whose gateway token is used; or the token itself. */
  dataDir?: string;
  token?: string;
  caps?: string[];
  onEvent?(frame: EventFrame): void;
}

export function gatewayTokenOf(dataDir: string): string {
  return readFileSync(join(dataDir, "gateway-token"), "utf8").trim();
}

/** `url` is the server's `http://…` address. Not connected until `start()`; `connectClient` does both. */
function createRecordingClient(url: string, options: RecordingOptions): RecordingClient {
  const events: EventFrame[] = [];
  const states: ConnectionState[] = [];
  const waiters = new Set<() => void>();
  const wake = () => {
    for (const waiter of waiters) waiter();
  };
  const token = options.token ?? (options.dataDir === undefined ? undefined : gatewayTokenOf(options.dataDir));
  const client = createClient({
    url: `${url.replace(/^http/, "ws").replace(/\/$/, "")}/ws`,
    client: { id: "test", version: "1.0.0", platform: process.platform, mode: "test" },
    ...(token === undefined ? {} : { auth: { token } }),
    caps: ["tool-events", ...(options.caps ?? [])],
    onEvent(frame) {
      events.push(frame);
      options.onEvent?.(frame);
      wake();
    },
    onState(state) {
      states.push(state);
      wake();
    },
  });

  const until = <Value>(find: () => Value | undefined, timeoutMs: number, what: string): Promise<Value> =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        waiters.delete(look);
        reject(new Error(`no ${what} within ${timeoutMs} ms`));
      }, timeoutMs);
      const look = () => {
        const found = find();
        if (found === undefined) return;
        clearTimeout(timer);
        waiters.delete(look);
        resolve(found);
      };
      waiters.add(look);
      look();
    });

  return Object.assign(client, {
    events,
    states,
    event: (matches: (frame: EventFrame) => boolean, timeoutMs = 20_000) =>
      until(() => events.find(matches), timeoutMs, "such event"),
    reaches: (phase: ConnectionState["phase"], timeoutMs = 20_000) =>
      until(() => (client.state.phase === phase ? client.state : undefined), timeoutMs, `state "${phase}"`),
  });
}

export async function connectClient(url: string, options: RecordingOptions): Promise<RecordingClient> {
  const client = createRecordingClient(url, options);
  client.start();
  await client.reaches("connected");
  return client;
}
