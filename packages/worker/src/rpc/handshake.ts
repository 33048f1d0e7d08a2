/** From upgrade to `hello-ok`: challenge, `connect`, identity, what was missed. */

import { MoltError } from "@moltworker/protocol/errors";
import { eventNames } from "@moltworker/protocol/events";
import {
  type HelloOk,
  MAX_FRAME_BYTES,
  PROTOCOL_VERSION,
  type RequestFrame,
  TICK_INTERVAL_MS,
} from "@moltworker/protocol/frames";
import { defaultAgentId, mainSessionKey } from "../sessions/session-key.ts";
import type { Connection } from "./connection.ts";
import type { MethodContext } from "./context.ts";
import { parseConnectParams } from "./frame-schema.ts";

const probeProtocol = 3;

export interface Handshake {
  context: MethodContext;
  methodNames: readonly string[];
  health(): Record<string, unknown>;
}

/** Throws MoltError when the client is refused; the caller answers and closes. */
export async function completeHandshake(handshake: Handshake, connection: Connection, frame: RequestFrame): Promise<void> {
  const { context } = handshake;
  if (frame.method !== "connect") throw new MoltError("HANDSHAKE_EXPECTED");
  const params = parseConnectParams(frame.params);
  checkProtocol(params.minProtocol, params.maxProtocol, params.client.mode === "probe");
  const { principal, deviceToken } = await context.auth.connect(params, connection.state);
  connection.update({ principal, caps: params.caps ?? [] });

  const resumes = params.caps?.includes("resume") === true;
  const cursor = context.hub.cursor();
  const from = params.resume?.cursor;
  // `ready` only below, with no await in between: no event may overtake hello-ok, and what was missed comes before what is new.
  const hello = helloOk(handshake, connection, deviceToken);
  if (resumes) hello.resume = { cursor, result: "fresh" };
  const missed = resumes && from !== undefined ? context.hub.missed(from) : undefined;
  if (from !== undefined && hello.resume) hello.resume.result = missed ? "replayed" : "reset";
  connection.update({ phase: "ready" });
  connection.respond(frame.id, hello);
  if (missed) context.hub.replay(connection, missed);
}

function checkProtocol(min: number, max: number, probe: boolean): void {
  const fits = min <= PROTOCOL_VERSION && max >= PROTOCOL_VERSION;
  if (fits || (probe && min <= probeProtocol && max >= probeProtocol)) return;
  throw new MoltError("PROTOCOL_MISMATCH", {
    details: {
      clientMinProtocol: min,
      clientMaxProtocol: max,
      expectedProtocol: PROTOCOL_VERSION,
      minimumProbeProtocol: probeProtocol,
    },
  });
}

function helloOk({ context, methodNames, health }: Handshake, connection: Connection, deviceToken: string | undefined): HelloOk {
  const { server, clock, models } = context;
  const { principal } = connection.state;
  return {
    type: "hello-ok",
    protocol: PROTOCOL_VERSION,
    server: { version: server.version, connId: connection.state.connId, bootId: server.bootId },
    features: { methods: [...methodNames], events: [...eventNames], capabilities: ["resume", "published-model-catalog"] },
    snapshot: {
      presence: [],
      health: health(),
      stateVersion: { presence: 0, health: 0 },
      uptimeMs: clock.now() - server.startedAt,
      sessionDefaults: {
        defaultAgentId,
        mainKey: "main",
        mainSessionKey,
        scope: "per-sender",
        modelConfigured: !models.defaultModel().startsWith("demo/"),
      },
    },
    auth: { role: "operator", scopes: [...principal.scopes], ...(deviceToken ? { deviceToken, issuedAtMs: clock.now() } : {}) },
    policy: { maxPayload: MAX_FRAME_BYTES, maxBufferedBytes: 52_428_800, tickIntervalMs: TICK_INTERVAL_MS },
  };
}
