/** One socket. Its state lives in the socket's attachment, so that it survives hibernation of the object. */

import { closeReason, errorTable, errorToWire, type MoltError } from "@moltworker/protocol/errors";
import type { Principal } from "../auth/principal.ts";

export interface ConnectionState {
  connId: string;
  phase: "handshake" | "ready" | "closing";
  nonce: string;
  /** Epoch milliseconds of the upgrade. */
  openedAt: number;
  address: string;
  principal: Principal;
  caps: string[];
  /** Of the newest event sent. */
  seq: number;
  /** It asked for each line of the log. */
  logs?: boolean;
}

export interface Connection {
  readonly state: ConnectionState;
  update(change: Partial<ConnectionState>): void;
  respond(id: string, payload: unknown): void;
  respondError(id: string, error: MoltError): void;
  /** `payload` is JSON already; `cursor` is sent only to clients that can resume. */
  sendEvent(event: string, payload: string, cursor?: number): void;
  close(error: MoltError): void;
  closeWith(code: number, reason: string): void;
  /** False when the flood limit is reached. */
  spend(nowMs: number): boolean;
}

/** Requests a socket may make at once, and per second in the long run. */
const burst = 2_000;
const perSecond = 500;

export function createConnection(socket: WebSocket, initial?: ConnectionState): Connection {
  let state = initial ?? (socket.deserializeAttachment() as ConnectionState);
  let tokens = burst;
  let refilledAt = 0;
  const keep = () => socket.serializeAttachment(state);
  if (initial) keep();

  // The number survives hibernation if it is kept by the end of this turn; writing it once a turn is enough.
  let keeping = false;
  const keepSoon = () => {
    if (keeping) return;
    keeping = true;
    queueMicrotask(() => {
      keeping = false;
      keep();
    });
  };

  const send = (text: string) => {
    try {
      socket.send(text);
    } catch {
      // The peer is gone; webSocketClose tells, and the event log holds what it missed.
    }
  };
  const closeWith = (code: number, reason: string) => {
    state = { ...state, phase: "closing" };
    keep();
    try {
      socket.close(code, reason);
    } catch {
      // Closed already.
    }
  };

  return {
    get state() {
      return state;
    },
    update(change) {
      state = { ...state, ...change };
      keep();
    },
    respond: (id, payload) => send(JSON.stringify({ type: "res", id, ok: true, payload })),
    respondError: (id, error) => send(JSON.stringify({ type: "res", id, ok: false, error: errorToWire(error) })),
    sendEvent(event, payload, cursor) {
      state.seq += 1;
      keepSoon();
      const position = cursor !== undefined && state.caps.includes("resume") ? `,"cursor":${cursor}` : "";
      send(`{"type":"event","event":"${event}","payload":${payload},"seq":${state.seq}${position}}`);
    },
    close: (error) => closeWith(errorTable[error.code].close, closeReason(error)),
    closeWith,
    spend(nowMs) {
      tokens = Math.min(burst, tokens + ((nowMs - refilledAt) / 1000) * perSecond);
      refilledAt = nowMs;
      tokens -= 1;
      return tokens >= 0;
    },
  };
}
