/**
 * Who a socket is after its `connect` frame: the browser's own session, or a secret in the frame, alone or with a
 * device's proof. A device that proves its key together with the gateway token is paired; one that proves its key alone
 * asks to be, and fetches its token once it is approved. From then on its own token is enough. Scopes come from the stored
 * grant: asking for fewer gives fewer, and a paired device that asks for more has to be approved for that first.
 */

import { MoltError } from "@moltworker/protocol/errors";
import type { ConnectParams } from "@moltworker/protocol/frames";
import type { PairingReason } from "@moltworker/protocol/rows";
import { scopes as allScopes, hasScope, type Scope } from "@moltworker/protocol/scopes";
import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/log.ts";
import type { ApiTokens } from "./api-tokens.ts";
import type { Attempts, Verdict } from "./attempts.ts";
import type { Audit } from "./audit.ts";
import { deviceProofFault } from "./device-proof.ts";
import { type Device, type Devices, deviceFacts } from "./devices.ts";
import { digest } from "./digest.ts";
import type { GatewayToken, TokenCheck } from "./gateway-token.ts";
import type { Pairings } from "./pairing.ts";
import type { Principal } from "./principal.ts";
import { type Client, deviceProofInvalid, deviceRoleRefused, deviceTokenMismatch, refusalOf, tokenMismatch } from "./refusals.ts";

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
  audit: Audit;
  attempts: Attempts;
  devices: Devices;
  pairings: Pairings;
  apiTokens: ApiTokens;
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
  const { attempts, devices, apiTokens, clock } = deps;

  async function withSecret(params: ConnectParams, secrets: string[], socket: SocketFacts): Promise<Connected> {
    const hashes = await Promise.all(secrets.map(digest));
    const proofFault = params.device ? await deviceProofFault(params, socket.nonce, clock.now()) : undefined;
    const presented: Presented = { params, first: secrets[0] ?? "", hashes, proofFault };
    const token = await deps.gatewayToken.read();
    const isOwner = hashes.some(token.matches);
    const device = isOwner ? undefined : first(hashes, devices.byToken);
    const api = isOwner || device ? undefined : first(hashes, apiTokens.byToken);
    const verdict = () => verdictOn(presented, { owner: isOwner ? token : undefined, device, api }, devices);
    attempts.judge({ address: socket.address, surface: "socket" }, verdict);
    if (api) {
      apiTokens.touch(api.id);
      return { principal: withAsked(api, params) };
    }
    if (device) {
      const reason = upgradeAsked(device, params);
      if (reason) throw deps.pairings.refusal(params, socket.address, reason);
      devices.touch(device);
      return { principal: principalOfDevice(device, params) };
    }
    const owner = withAsked(token.principal, params);
    return params.device ? pair(params, owner.scopes, socket.address) : { principal: owner };
  }

  async function pair(params: ConnectParams, scopes: readonly Scope[], address: string): Promise<Connected> {
    const { device, token } = await devices.pair(deviceFacts(params, address), scopes);
    deps.log.info("auth.device-paired", { deviceId: device.id, client: params.client.id });
    deps.audit.record({
      who: `device ${device.id}`,
      surface: "socket",
      action: "device.pair",
      outcome: "ok",
      address,
      detail: `${device.name ?? device.clientId}, with the gateway token`,
    });
    return { principal: principalOfDevice(device, params), deviceToken: token };
  }

  /** Without any secret only the browser's own session counts. */
  async function withoutSecret(params: ConnectParams, socket: SocketFacts): Promise<Connected> {
    const { principal } = socket;
    if (principal.kind === "owner" && deps.stillValid(principal)) return { principal: withAsked(principal, params) };
    if (!params.device || (principal.kind === "anonymous" && principal.refusal)) throw refusalOf(principal, clientOf(params));
    const fault = await deviceProofFault(params, socket.nonce, clock.now());
    if (fault) throw deviceProofInvalid(fault);
    const id = params.device.id.toLowerCase();
    const known = devices.isClaimable(id) ? devices.find(id) : undefined;
    const reason = known && upgradeAsked(known, params);
    const claimed = reason ? undefined : await devices.claim(id);
    if (!claimed) throw deps.pairings.refusal(params, socket.address, reason);
    return { principal: principalOfDevice(claimed.device, params), deviceToken: claimed.token };
  }

  /** OpenClaw's roles besides operator do not exist here; a paired device is told so in OpenClaw's words. */
  async function roleRefusal(params: ConnectParams, role: string, socket: SocketFacts): Promise<MoltError> {
    const device = params.device && devices.find(params.device.id.toLowerCase());
    const proved = device !== undefined && (await deviceProofFault(params, socket.nonce, clock.now())) === undefined;
    if (proved && (role === "node" || role === "worker")) return deviceRoleRefused(device, role);
    return new MoltError("INVALID_REQUEST", { message: "invalid role", hint: "Connect with the role `operator`." });
  }

  return async (params, socket) => {
    if (params.role !== undefined && params.role !== "operator") throw await roleRefusal(params, params.role, socket);
    const secrets = secretsOf(params);
    return secrets.length > 0 ? withSecret(params, secrets, socket) : withoutSecret(params, socket);
  };
}

/** What the presented secret turned out to be. */
interface Recognised {
  owner: TokenCheck | undefined;
  device: Device | undefined;
  api: Principal | undefined;
}

function verdictOn(presented: Presented, { owner, device, api }: Recognised, devices: Devices): Verdict {
  const { params, proofFault } = presented;
  if (!owner && !device && !api) return { refusal: mismatch(presented, devices) };
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
  return { kind: "device", id: device.id, scopes: intersect(device.scopes, params.scopes), via: "device", grant: device.epoch };
}

/** Whether a paired device is something else than what was approved, or wants to do more. What was kept back from it counts as answered. */
function upgradeAsked(device: Device, params: ConnectParams): PairingReason | undefined {
  const changed = (pinned: string | null, said: string | undefined) =>
    pinned !== null && pinned.toLowerCase() !== (said ?? "").trim().slice(0, 60).toLowerCase();
  if (changed(device.platform, params.client.platform) || changed(device.deviceFamily, params.client.deviceFamily))
    return "metadata-upgrade";
  const asked = allScopes.filter((scope) => params.scopes?.includes(scope));
  const beyond = asked.some((scope) => !hasScope(device.scopes, scope) && !device.withheld.includes(scope));
  return beyond ? "scope-upgrade" : undefined;
}

/** The principal with no more than it asked for. */
function withAsked(principal: Principal, params: ConnectParams): Principal {
  return { ...principal, scopes: intersect(principal.scopes, params.scopes) } as Principal;
}

function first<Found>(hashes: string[], find: (hash: string) => Found | undefined): Found | undefined {
  return hashes.map(find).find((found) => found !== undefined);
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
