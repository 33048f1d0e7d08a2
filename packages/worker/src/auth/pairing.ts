/**
 * Requests of devices that want in. A request lives ten minutes, is asked once however often the device tries, and is
 * decided once. Its code stands on both sides, so that a person approves the device in front of them and no other; five
 * wrong codes end it. Nothing here grants more than the one who approves holds.
 */

import { MoltError } from "@moltworker/protocol/errors";
import type { EventMap } from "@moltworker/protocol/events";
import type { ConnectParams } from "@moltworker/protocol/frames";
import type { PairingReason, PairingRequest } from "@moltworker/protocol/rows";
import { scopes as allScopes, hasScope, type Scope } from "@moltworker/protocol/scopes";
import type { Clock } from "../platform/clock.ts";
import { createId } from "../platform/id.ts";
import type { Database } from "../storage/database.ts";
import { isLoopback } from "./address.ts";
import { type Device, type DeviceFacts, type Devices, deviceFacts, type Grant, scopesFromText } from "./devices.ts";
import type { Principal } from "./principal.ts";
import { devicePairingRejected, devicePairingRequired } from "./refusals.ts";

export const REQUEST_MS = 600_000;
const WRONG_CODES = 5;
/** Requests of ten minutes, decided ones included; everything behind a tunnel shares the loopback address. */
const REQUESTS_PER_ADDRESS = 10;
const REQUESTS_IN_ALL = 50;
/** Without letters that are taken for digits. */
const ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
const defaultScopes: readonly Scope[] = ["operator.read", "operator.write"];

type Decision = EventMap["device.pair.resolved"]["decision"];

export interface PairingEvents {
  requested(request: PairingRequest): void;
  resolved(event: EventMap["device.pair.resolved"]): void;
}

export interface Approval {
  /** What the approver read on the device; must fit when given. */
  code?: string;
  /** Less than was asked for. */
  scopes?: readonly Scope[];
}

export interface Pairings {
  /** The refusal for a device that proved its key and lacks an approval: it carries the request, made now or before. */
  refusal(params: ConnectParams, address: string, reason?: PairingReason): MoltError;
  list(): PairingRequest[];
  /** `reference`: a request's id, or its code. Throws NOT_FOUND, FORBIDDEN, INVALID_REQUEST. */
  approve(by: Principal, reference: string, approval?: Approval): { request: PairingRequest; device: Device };
  reject(reference: string): PairingRequest;
}

interface Row {
  id: string;
  device_id: string;
  code: string;
  facts: string;
  device_family: string | null;
  reason: PairingReason;
  scopes: string;
  address: string;
  is_repair: number;
  wrong_codes: number;
  created_at: number;
  expires_at: number;
  decision: Decision | null;
}

export function createPairings(db: Database, clock: Clock, devices: Devices, events: PairingEvents): Pairings {
  const live = () =>
    db.all<Row>("SELECT * FROM auth_pairings WHERE decision IS NULL AND expires_at > ? ORDER BY created_at, rowid", clock.now());

  function decide(row: Row, decision: Decision): void {
    db.run("UPDATE auth_pairings SET decision = ? WHERE id = ?", decision, row.id);
    events.resolved({ requestId: row.id, deviceId: row.device_id, decision, ts: clock.now() });
  }

  function wrongCode(rows: Row[]): void {
    for (const row of rows) {
      db.run("UPDATE auth_pairings SET wrong_codes = wrong_codes + 1 WHERE id = ?", row.id);
      if (row.wrong_codes + 1 >= WRONG_CODES) decide(row, "expired");
    }
  }

  /** A code that fits nothing counts against every waiting request: whoever guesses, guesses at all of them. */
  function findLive(reference: string): Row {
    const rows = live();
    const text = reference.trim();
    const row = rows.find(({ id }) => id === text) ?? rows.find(({ code }) => code === plainCode(text));
    if (row) return row;
    if (plainCode(text).length === 8 && !text.includes("_")) wrongCode(rows);
    throw requestUnknown();
  }

  const requestFrom = (row: Row): PairingRequest => pairingRequest(row, devices.find(row.device_id)?.scopes);

  function create(facts: DeviceFacts, scopes: readonly Scope[], reason: PairingReason): Row {
    const now = clock.now();
    db.run("DELETE FROM auth_pairings WHERE expires_at <= ?", now);
    checkCrowd(db, facts.address ?? "unknown", now);
    const row: Row = {
      id: createId("pair", now),
      device_id: facts.id,
      code: newCode(),
      facts: JSON.stringify(facts),
      device_family: facts.deviceFamily,
      reason,
      scopes: scopes.join(","),
      address: facts.address ?? "unknown",
      is_repair: devices.find(facts.id) ? 1 : 0,
      wrong_codes: 0,
      created_at: now,
      expires_at: now + REQUEST_MS,
      decision: null,
    };
    db.run(
      `INSERT INTO auth_pairings (id, device_id, code, facts, device_family, reason, scopes, address, is_repair, wrong_codes, created_at, expires_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?)`,
      row.id,
      row.device_id,
      row.code,
      row.facts,
      row.device_family,
      row.reason,
      row.scopes,
      row.address,
      row.is_repair,
      row.created_at,
      row.expires_at,
    );
    events.requested(requestFrom(row));
    return row;
  }

  return {
    refusal: (params, address, reason = "not-paired") => {
      const facts = deviceFacts(params, address);
      const scopes = params.scopes === undefined ? defaultScopes : allScopes.filter((scope) => params.scopes?.includes(scope));
      const known = db.one<Row>(
        "SELECT * FROM auth_pairings WHERE device_id = ? AND expires_at > ? ORDER BY created_at DESC, rowid DESC LIMIT 1",
        facts.id,
        clock.now(),
      );
      if (known?.decision === "rejected") return devicePairingRejected(facts.id, reason, known.expires_at - clock.now());
      const waiting = known?.decision === null ? known : undefined;
      const same = waiting !== undefined && waiting.reason === reason && asksTheSame(waiting, facts, scopes);
      // It asks for something else than what stands in the queue: nobody may approve what they were not shown.
      if (waiting && !same) decide(waiting, "expired");
      const row = same ? waiting : create(facts, scopes, reason);
      return devicePairingRequired(requestFrom(row), devices.find(facts.id)?.scopes);
    },
    list: () => live().map(requestFrom),
    approve: (by, reference, { code, scopes } = {}) => {
      const row = findLive(reference);
      if (code !== undefined && plainCode(code) !== row.code) {
        wrongCode([row]);
        throw new MoltError("INVALID_REQUEST", {
          message: "this is not the code of that request",
          hint: "Type the eight characters that the device shows. After five wrong ones it has to ask again.",
        });
      }
      const request = requestFrom(row);
      const grant = grantOf(row, request.scopes, scopes ?? allScopes, devices.find(row.device_id));
      if (!grant) {
        decide(row, "expired");
        throw requestUnknown();
      }
      checkGrant(by, grant.scopes);
      const device = devices.approve(JSON.parse(row.facts) as DeviceFacts, grant);
      decide(row, "approved");
      return { request, device };
    },
    reject: (reference) => {
      const row = findLive(reference);
      decide(row, "rejected");
      return requestFrom(row);
    },
  };
}

/** Throws FORBIDDEN unless the giver holds every scope that is given. */
export function checkGrant(by: Principal, granted: readonly Scope[], what = "device pairing approval denied"): void {
  const missing = granted.find((scope) => !hasScope(by.scopes, scope));
  if (missing === undefined) return;
  throw new MoltError("FORBIDDEN", {
    message: `${what}: missing scope: ${missing}`,
    hint: `Nobody can give what they do not hold: it takes a grant with ${missing}.`,
    details: { missingScope: missing, requiredScopes: [...granted] },
  });
}

function checkCrowd(db: Database, address: string, now: number): void {
  const rows = db.all<{ address: string; expires_at: number }>(
    "SELECT address, expires_at FROM auth_pairings WHERE expires_at > ? ORDER BY expires_at",
    now,
  );
  const own = rows.filter((row) => row.address === address);
  const full = !isLoopback(address) && own.length >= REQUESTS_PER_ADDRESS ? own : rows.length >= REQUESTS_IN_ALL ? rows : [];
  const first = full[0];
  if (!first) return;
  throw new MoltError("AUTH_RATE_LIMITED", {
    message: "unauthorized: too many devices are asking to be paired (retry later)",
    hint: "Connect once with the gateway token, or wait until the waiting requests have run out.",
    details: { canRetryWithDeviceToken: false, recommendedNextStep: "wait_then_retry" },
    retryAfterMs: first.expires_at - now,
  });
}

function newCode(): string {
  let code = "";
  for (const byte of crypto.getRandomValues(new Uint8Array(8))) code += ALPHABET.charAt(byte % ALPHABET.length);
  return code;
}

/** A typed code as it is stored: no spaces, no hyphens, upper case. */
function plainCode(text: string): string {
  return text.replaceAll(/[\s-]/g, "").toUpperCase();
}

/** What an approval stores. Undefined for an upgrade of a device that was revoked meanwhile: that would revive it. */
function grantOf(row: Row, asked: readonly Scope[], offered: readonly Scope[], device: Device | undefined): Grant | undefined {
  const isUpgrade = row.reason !== "not-paired";
  if (isUpgrade && !device) return undefined;
  const held = isUpgrade ? (device?.scopes ?? []) : [];
  const scopes = allScopes.filter((scope) => held.includes(scope) || (asked.includes(scope) && offered.includes(scope)));
  const wanted = isUpgrade ? new Set([...(device?.withheld ?? []), ...asked]) : new Set(asked);
  return { scopes, withheld: [...wanted].filter((scope) => !hasScope(scopes, scope)), keepTokens: isUpgrade };
}

function asksTheSame(row: Row, facts: DeviceFacts, scopes: readonly Scope[]): boolean {
  const shown = JSON.parse(row.facts) as DeviceFacts;
  return row.scopes === scopes.join(",") && shown.platform === facts.platform && row.device_family === facts.deviceFamily;
}

function requestUnknown(): MoltError {
  return new MoltError("NOT_FOUND", {
    message: "unknown requestId",
    hint: "The request was decided already or is older than ten minutes; let the device connect again.",
  });
}

function pairingRequest(row: Row, approved: readonly Scope[] | undefined): PairingRequest {
  const facts = JSON.parse(row.facts) as DeviceFacts;
  return {
    requestId: row.id,
    code: `${row.code.slice(0, 4)}-${row.code.slice(4)}`,
    deviceId: row.device_id,
    publicKey: facts.publicKey,
    ...(facts.name ? { displayName: facts.name } : {}),
    ...(facts.platform ? { platform: facts.platform } : {}),
    ...(row.device_family ? { deviceFamily: row.device_family } : {}),
    clientId: facts.clientId,
    clientMode: facts.clientMode ?? "",
    role: "operator",
    scopes: scopesFromText(row.scopes),
    remoteIp: row.address,
    reason: row.reason,
    ...(approved ? { approvedScopes: [...approved] } : {}),
    isRepair: row.is_repair === 1,
    ts: row.created_at,
    expiresAtMs: row.expires_at,
  };
}
