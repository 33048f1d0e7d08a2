/** Sockets of the assistant: accepts, parses, guards against floods, and hands requests to dispatch. Hibernation-safe. */

import { closeReason, errorTable, errorToWire, MoltError, moltErrorFrom } from "@moltworker/protocol/errors";
import { MAX_FRAME_BYTES, MAX_HANDSHAKE_FRAME_BYTES } from "@moltworker/protocol/frames";
import type { Principal } from "../auth/principal.ts";
import { grantEnded } from "../auth/refusals.ts";
import type { Clock } from "../platform/clock.ts";
import { createId } from "../platform/id.ts";
import type { Connection } from "./connection.ts";
import type { Dispatch } from "./dispatch.ts";
import { parseRequestFrame } from "./frame-schema.ts";
import { completeHandshake, type Handshake } from "./handshake.ts";
import type { Hub } from "./hub.ts";

const handshakeLimitMs = 15_000;
/** Frames over the flood limit after which the socket is closed rather than answered. */
const floodPatience = 200;

export interface SocketServer {
  /** `check` throws when the upgrade is refused: the socket then opens only to say so, since browsers hide an HTTP refusal. */
  accept(principal: Principal, check: () => void, address: string): Response;
  message(socket: WebSocket, data: string | ArrayBuffer): Promise<void>;
  closed(socket: WebSocket): void;
  /** Tells every client that the server stops, and closes with 1012. */
  shutdown(reason: string): number;
  /** Closes what never finished its handshake; sends `tick` to the rest. Returns how many are left. */
  tick(): number;
  /** Closes the sockets of principals whose grant has ended. */
  closePrincipals(ids: readonly string[]): void;
  /** Closes every socket whose grant does not stand any more, whatever ended it. */
  closeInvalid(): void;
}

interface Dependencies {
  hub: Hub;
  dispatch: Dispatch;
  handshake: Handshake;
  stillValid(principal: Principal): boolean;
  clock: Clock;
  /** The object's own hibernating accept. */
  acceptWebSocket(socket: WebSocket): void;
  onOpen(): void;
}

export function createSocketServer(deps: Dependencies): SocketServer {
  const { hub, clock } = deps;
  const floods = new WeakMap<Connection, number>();

  const flooded = (connection: Connection): boolean => {
    if (connection.spend(clock.now())) return false;
    const over = (floods.get(connection) ?? 0) + 1;
    floods.set(connection, over);
    const error = new MoltError("RATE_LIMITED", { message: "too many frames on this socket", retryAfterMs: 1_000 });
    connection.respondError("invalid", error);
    if (over > floodPatience) connection.closeWith(1008, "too many frames on this socket");
    return true;
  };

  const refuse = (connection: Connection, id: string, thrown: unknown): void => {
    const error = moltErrorFrom(thrown);
    connection.respondError(id, error);
    connection.close(error);
  };

  const handshakeFrame = async (connection: Connection, text: string): Promise<void> => {
    let id = "invalid";
    try {
      const frame = parseRequestFrame(text);
      id = frame.id;
      await completeHandshake(deps.handshake, connection, frame);
    } catch (thrown) {
      refuse(connection, id, thrown);
    }
  };

  const closeInvalid = (): void => {
    for (const connection of hub.all()) {
      const { phase, principal } = connection.state;
      if (phase === "ready" && !deps.stillValid(principal)) connection.close(grantEnded(principal));
    }
  };

  return {
    closeInvalid,

    accept(principal, check, address) {
      const pair = new WebSocketPair();
      const [client, server] = [pair[0], pair[1]];
      try {
        check();
      } catch (thrown) {
        // Not a hibernating accept: such a socket would hear of its close only when the object is put away.
        server.accept();
        const error = moltErrorFrom(thrown);
        server.send(JSON.stringify({ type: "res", id: "invalid", ok: false, error: errorToWire(error) }));
        server.close(errorTable[error.code].close, closeReason(error));
        return new Response(null, { status: 101, webSocket: client });
      }
      deps.acceptWebSocket(server);
      const nonce = crypto.randomUUID();
      const now = clock.now();
      hub.adopt(server, {
        connId: createId("conn", now),
        phase: "handshake",
        nonce,
        openedAt: now,
        address,
        principal,
        caps: [],
        seq: 0,
      });
      server.send(JSON.stringify({ type: "event", event: "connect.challenge", payload: { nonce, ts: now } }));
      deps.onOpen();
      return new Response(null, { status: 101, webSocket: client });
    },

    async message(socket, data) {
      const connection = hub.find(socket);
      if (!connection || connection.state.phase === "closing" || flooded(connection)) return;
      const ready = connection.state.phase === "ready";
      if (typeof data !== "string") {
        const error = new MoltError("INVALID_FRAME", { message: "invalid request frame: binary frames are not accepted" });
        return ready ? connection.respondError("invalid", error) : refuse(connection, "invalid", error);
      }
      // UTF-16 length is a lower bound of the bytes, so the cheap check errs on the side of accepting.
      if (data.length > (ready ? MAX_FRAME_BYTES : MAX_HANDSHAKE_FRAME_BYTES))
        return refuse(connection, "invalid", new MoltError("FRAME_TOO_LARGE"));
      if (!ready) return handshakeFrame(connection, data);
      try {
        const frame = parseRequestFrame(data);
        if (frame.method === "connect")
          throw new MoltError("INVALID_FRAME", { message: "invalid request frame: already connected" });
        await deps.dispatch(connection, frame);
      } catch (thrown) {
        connection.respondError("invalid", moltErrorFrom(thrown));
      }
    },

    closed: (socket) => hub.remove(socket),

    shutdown(reason) {
      hub.announce("shutdown", { reason, restartExpectedMs: 1_000 });
      const open = hub.all();
      for (const connection of open) connection.closeWith(1012, "service restart");
      return open.length;
    },

    tick() {
      const now = clock.now();
      for (const connection of hub.all()) {
        const { phase, openedAt } = connection.state;
        if (phase === "handshake" && now - openedAt > handshakeLimitMs)
          connection.closeWith(1008, "invalid handshake: no connect request in time");
      }
      closeInvalid();
      hub.announce("tick", { ts: now });
      return hub.all().length;
    },

    closePrincipals(ids) {
      const ended = new Set(ids);
      for (const connection of hub.all()) {
        const { principal } = connection.state;
        if (ended.has(principal.id)) connection.close(grantEnded(principal));
      }
    },
  };
}
