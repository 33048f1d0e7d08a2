/** Frames of the gateway socket, protocol 4: JSON text, OpenClaw's own shapes. */

import type { WireError } from "./errors.ts";
import type { EventMap, EventName } from "./events.ts";
import type { Scope } from "./scopes.ts";

export const PROTOCOL_VERSION = 4;
/** Largest frame before `hello-ok`, bytes. */
export const MAX_HANDSHAKE_FRAME_BYTES = 65_536;
/** Largest frame afterwards, bytes. */
export const MAX_FRAME_BYTES = 26_214_400;
export const TICK_INTERVAL_MS = 30_000;

export interface RequestFrame {
  type: "req";
  id: string;
  method: string;
  params?: unknown;
}

export type ResponseFrame =
  | { type: "res"; id: string; ok: true; payload?: unknown }
  | { type: "res"; id: string; ok: false; error: WireError };

export interface EventFrame<Name extends EventName = EventName> {
  type: "event";
  event: Name;
  payload: EventMap[Name];
  /** Per socket, from 1, +1 per delivered event; absent on `connect.challenge`. */
  seq?: number;
  /**
   * Position in the assistant's durable event log; only sent to clients that connect with the `resume` capability.
   * A client that reconnects with it receives every later event exactly once.
   */
  cursor?: number;
}

export interface ClientInfo {
  id: string;
  displayName?: string;
  version: string;
  platform: string;
  mode: string;
  /** Part of what a device signs. */
  deviceFamily?: string;
  instanceId?: string;
}

export interface ConnectParams {
  minProtocol: number;
  maxProtocol: number;
  client: ClientInfo;
  role?: string;
  scopes?: string[];
  caps?: string[];
  auth?: { token?: string; password?: string; deviceToken?: string };
  device?: { id: string; publicKey: string; signature: string; signedAt: number; nonce: string };
  /** Ours: the last `cursor` seen, to receive exactly what was missed. */
  resume?: { cursor: number };
}

export interface HelloOk {
  type: "hello-ok";
  protocol: number;
  server: { version: string; connId: string; bootId: string };
  features: { methods: string[]; events: string[]; capabilities: string[] };
  snapshot: {
    presence: unknown[];
    health: Record<string, unknown>;
    stateVersion: { presence: number; health: number };
    uptimeMs: number;
    sessionDefaults: { defaultAgentId: string; mainKey: string; mainSessionKey: string; scope: string; modelConfigured: boolean };
  };
  auth: { role: string; scopes: Scope[]; deviceToken?: string; issuedAtMs?: number };
  policy: { maxPayload: number; maxBufferedBytes: number; tickIntervalMs: number };
  /**
   * Ours, for clients with the `resume` capability: where the event log stands, and whether the events since the
   * client's cursor follow (`replayed`) or are gone and history must be read again (`reset`).
   */
  resume?: { cursor: number; result: "fresh" | "replayed" | "reset" };
}

export type ServerFrame = ResponseFrame | EventFrame;
