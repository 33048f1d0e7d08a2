/**
 * Who a socket is after its `connect` frame: the browser's own session, or a secret in the frame, alone or with a
 * device's proof. A device that proves its key together with the gateway token is paired; from then on its own token
 * is enough. Scopes come from the stored grant; asking can only make them fewer.
 */

import { MoltError } from "@moltworker/protocol/errors";
import type { ConnectParams } from "@moltworker/protocol/frames";
import { scopes as allScopes, hasScope, type Scope } from "@moltworker/protocol/scopes";
import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/log.ts";
import type { Attempts, Verdict } from "./attempts.ts";
import { deviceProofFault } from "./device-proof.ts";
import type { Device, Devices } from "./devices.ts";
import { digest } from "./digest.ts";
import type { GatewayToken, TokenCheck } from "./gateway-token.ts";
import type { Principal } from "./principal.ts";
import {
  type Client,
  devicePairingRequired,
  deviceProofInvalid,
  deviceTokenMismatch,
  refusalOf,
  tokenMismatch,
  tokenMissing,
} from "./refusals.ts";

export interface SocketFacts {
  /** From the upgrade request's cookie. */
  principal: Principal;
  /** Of this socket's challenge. */
  nonce: string;
  address: string;
}

export interface Connected {
  principal: Principal;
  /** New, shown this once. */
  deviceToken?: string;
}

interface ConnectDeps {
  attempts: Attempts;
  devices: Devices;
  gatewayToken: GatewayToken;
  clock: Clock;
  log: Log;
  stillValid(principal: Principal): boolean;
}

/** What a frame presents, hashed and checked as far as no limit is needed. */
interface Presented {
  params: ConnectParams;
  /** In the clear, for the hint about its kind alone. */
  first: string;
  hashes: string[];
  proofFault: string | undefined;
}

export function createConnect(deps: ConnectDeps): (params: ConnectParams, socket: SocketFacts) => Promise<Connected> {
  const { attempts, devices, clock } = deps;

  async function withSecret(params: ConnectParams, secrets: string[], socket: SocketFacts): Promise<Connected> {
    const hashes = await Promise.all(secrets.map(digest));
    const proofFault = params.device ? await deviceProofFault(params, socket.nonce, clock.now()) : undefined;
    const presented: Presented = { params, first: secrets[0] ?? "", hashes, proofFault };
    const token = await deps.gatewayToken.read();
    const isOwner = hashes.some(token.matches);
    const device = isOwner ? undefined : hashes.map(devices.byToken).find((found) => found !== undefined);
    attempts.judge(socket.address, () => verdictOn(presented, isOwner ? token : undefined, device, devices));
    if (device) {
      devices.touch(device);
      return { principal: principalOfDevice(device, params) };
    }
    const owner = withAsked(token.principal, params);
    return params.device ? pair(params, owner.scopes) : { principal: owner };
  }

  async function pair(params: ConnectParams, scopes: readonly Scope[]): Promise<Connected> {
    const { device, token } = await devices.pair(params, scopes);
    deps.log.info("auth.device-paired", { deviceId: device.id, client: params.client.id });
    return { principal: principalOfDevice(device, params), deviceToken: token };
  }

  /** Without any secret only the browser's own session counts. */
  async function withoutSecret(params: ConnectParams, socket: SocketFacts): Promise<Connected> {
    const { principal } = socket;
    if (principal.kind === "owner" && deps.stillValid(principal)) return { principal: withAsked(principal, params) };
    if (!params.device || (principal.kind === "anonymous" && principal.refusal)) throw refusalOf(principal, clientOf(params));
    const fault = await deviceProofFault(params, socket.nonce, clock.now());
    if (fault) throw deviceProofInvalid(fault);
    throw devices.find(params.device.id.toLowerCase()) ? tokenMissing(clientOf(params)) : devicePairingRequired(params.device.id);
  }

  return async (params, socket) => {
    if (params.role !== undefined && params.role !== "operator")
      throw new MoltError("INVALID_REQUEST", { message: "invalid role" });
    const secrets = secretsOf(params);
    return secrets.length > 0 ? withSecret(params, secrets, socket) : withoutSecret(params, socket);
  };
}

function verdictOn(presented: Presented, owner: TokenCheck | undefined, device: Device | undefined, devices: Devices): Verdict {
  const { params, proofFault } = presented;
  if (!owner && !device) return { refusal: mismatch(presented, devices) };
  if (proofFault) return { refusal: deviceProofInvalid(proofFault) };
  if (device && params.device?.id.toLowerCase() !== device.id) return { refusal: deviceTokenMismatch() };
  return { unguessable: owner ? owner.unguessable : true };
}

function mismatch({ params, first, proofFault }: Presented, devices: Devices): MoltError {
  if (params.auth?.token === undefined && params.auth?.deviceToken !== undefined) return deviceTokenMismatch();
  const known =
    params.device !== undefined && proofFault === undefined && devices.find(params.device.id.toLowerCase()) !== undefined;
  return tokenMismatch(clientOf(params), first, known);
}

function principalOfDevice(device: Device, params: ConnectParams): Principal {
  return { kind: "device", id: device.id, scopes: intersect(device.scopes, params.scopes), via: "device" };
}

/** The principal with no more than it asked for. */
function withAsked(principal: Principal, params: ConnectParams): Principal {
  return { ...principal, scopes: intersect(principal.scopes, params.scopes) } as Principal;
}

/** Asking for nothing in particular gives the whole grant. A contained scope counts: who holds admin may ask for read alone. */
function intersect(granted: readonly Scope[], wanted: readonly string[] | undefined): readonly Scope[] {
  if (wanted === undefined) return granted;
  return allScopes.filter((scope) => wanted.includes(scope) && hasScope(granted, scope));
}

/** Every secret of the frame: clients put token, device token and password into each other's fields. */
function secretsOf(params: ConnectParams): string[] {
  const { token, deviceToken, password } = params.auth ?? {};
  return [token, deviceToken, password]
    .map((text) => text?.trim())
    .filter((text): text is string => text !== undefined && text !== "");
}

function clientOf(params: ConnectParams): Client {
  if (params.client.id === "cli") return "cli";
  return params.client.id === "openclaw-control-ui" || params.client.id === "webchat-ui" ? "control-ui" : "other";
}
