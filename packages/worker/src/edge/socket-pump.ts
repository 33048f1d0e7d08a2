/**
 * Joins a person's socket and a container's. Each frame passes only while the grant stands and the generation is the one that
 * lives, so that signing out ends it and what an older container still says is never heard.
 */

import type { Principal } from "../auth/principal.ts";

export interface SocketPump {
  /** The answer for the person's side. */
  join(inner: WebSocket, principal: Principal, generation: number): Response;
  sweep(): void;
  open(): number;
}

interface Joined {
  outer: WebSocket;
  inner: WebSocket;
  principal: Principal;
  generation: number;
}

interface Deps {
  isLive(principal: Principal, generation: number): boolean;
  /** The person's side said something. */
  onMessage(): void;
  now(): number;
}

/** As stock clients know it: come again. */
const restarting = { code: 1012, reason: "service restart" };

export function createSocketPump({ isLive, onMessage }: Deps): SocketPump {
  const live = new Set<Joined>();

  function end(joined: Joined, code: number, reason: string): void {
    if (!live.delete(joined)) return;
    for (const socket of [joined.outer, joined.inner]) {
      try {
        socket.close(code, reason);
      } catch {
        // It is closed already.
      }
    }
  }
  const pass = (joined: Joined, to: WebSocket, data: string | ArrayBuffer) => {
    if (!isLive(joined.principal, joined.generation)) return end(joined, restarting.code, restarting.reason);
    try {
      to.send(data);
    } catch {
      end(joined, restarting.code, restarting.reason);
    }
  };

  return {
    open: () => live.size,
    sweep() {
      for (const joined of live)
        if (!isLive(joined.principal, joined.generation)) end(joined, restarting.code, restarting.reason);
    },
    join(inner, principal, generation) {
      const [client, outer] = Object.values(new WebSocketPair()) as [WebSocket, WebSocket];
      const joined: Joined = { outer, inner, principal, generation };
      live.add(joined);
      inner.accept();
      outer.accept();
      outer.addEventListener("message", ({ data }) => {
        onMessage();
        pass(joined, inner, data as string | ArrayBuffer);
      });
      inner.addEventListener("message", ({ data }) => pass(joined, outer, data as string | ArrayBuffer));
      outer.addEventListener("close", ({ code, reason }) => end(joined, closable(code), reason));
      // A gateway that went without a word is about to come back.
      inner.addEventListener("close", ({ code, reason }) =>
        code === 1006 ? end(joined, restarting.code, restarting.reason) : end(joined, closable(code), reason),
      );
      for (const socket of [outer, inner])
        socket.addEventListener("error", () => end(joined, restarting.code, restarting.reason));
      return new Response(null, { status: 101, webSocket: client });
    },
  };
}

/** Codes that nobody may send stand for no code at all. */
const closable = (code: number) =>
  (code >= 3_000 && code <= 4_999) || [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1011, 1012, 1013].includes(code) ? code : 1000;
