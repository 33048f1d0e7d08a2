/** Paired devices: a stored grant per key pair and a few device tokens, kept as digests. Revocation is final for all of them. */

import type { ConnectParams } from "@moltworker/protocol/frames";
import type { PairedDevice } from "@moltworker/protocol/rows";
import { scopes as allScopes, type Scope } from "@moltworker/protocol/scopes";
import type { Clock } from "../platform/clock.ts";
import type { Database } from "../storage/database.ts";
import { digest, randomSecret } from "./digest.ts";

/** One key pair may sit in several places (a laptop restored from a backup), each with its own token. */
const TOKENS_PER_DEVICE = 5;
const TOUCH_MS = 3_600_000;
/** An approved device fetches its token with its next proof, within this time. */
const CLAIM_MS = 86_400_000;

export interface Device {
  id: string;
  publicKey: string;
  /** What it calls itself. */
  name: string | null;
  /** What its owner calls it. */
  label: string | null;
  platform: string | null;
  deviceFamily: string | null;
  clientId: string;
  clientMode: string | null;
  address: string | null;
  scopes: readonly Scope[];
  /** Asked for, and kept back by who decided. */
  withheld: readonly Scope[];
  pairedAt: number;
  approvedAt: number;
  usedAt: number;
  /** Rises whenever its tokens are ended: a principal of an earlier one is over, even after the device was paired again. */
  epoch: number;
  /** When the newest of its tokens was made; null without one. */
  tokenAt: number | null;
}

/** What is known of a device when its grant is written. */
export interface DeviceFacts {
  id: string;
  publicKey: string;
  name: string | null;
  platform: string | null;
  deviceFamily: string | null;
  clientId: string;
  clientMode: string | null;
  address: string | null;
}

export interface Grant {
  scopes: readonly Scope[];
  withheld: readonly Scope[];
  /** The grant only grew, and the device proved its key and its token: these stay. Else they end. */
  keepTokens: boolean;
}

export interface Devices {
  /** Undefined for a device that was never paired or is revoked. */
  find(id: string): Device | undefined;
  /** The live device that holds this token. */
  byToken(tokenHash: string): Device | undefined;
  /** Stores or widens the grant and issues a token. Only for a caller who proved both the device key and the owner's secret. */
  pair(facts: DeviceFacts, scopes: readonly Scope[]): Promise<{ device: Device; token: string }>;
  /** Stores exactly this grant; a device without a token fetches one with its next proof. */
  approve(facts: DeviceFacts, grant: Grant): Device;
  /** An approval left a token for it, which it has not fetched. */
  isClaimable(id: string): boolean;
  /** The token an approval left for this device, once. Only for a caller who proved the device key. */
  claim(id: string): Promise<{ device: Device; token: string } | undefined>;
  /** One more token. */
  issue(id: string): Promise<string>;
  /** Ends its tokens, not its grant. `claimable`: the next proof of its key fetches a new one. */
  endTokens(id: string, claimable: boolean): void;
  /** Takes scopes away; asking for them again is no new question. */
  narrow(device: Device, scopes: readonly Scope[]): void;
  rename(id: string, label: string): void;
  touch(device: Device): void;
  list(): Device[];
  /** Ends the grant and every token of it. True when it was live. */
  revoke(id: string): boolean;
}

interface Row {
  id: string;
  public_key: string;
  name: string | null;
  label: string | null;
  platform: string | null;
  device_family: string | null;
  client_id: string;
  client_mode: string | null;
  address: string | null;
  scopes: string;
  withheld: string;
  paired_at: number;
  approved_at: number | null;
  used_at: number;
  epoch: number;
  token_at: number | null;
}

const select = `SELECT d.id, d.public_key, d.name, d.label, d.platform, d.device_family, d.client_id, d.client_mode, d.address,
  d.scopes, d.withheld, d.paired_at, d.approved_at, d.used_at, d.epoch,
  (SELECT MAX(k.created_at) FROM auth_device_tokens k WHERE k.device_id = d.id) AS token_at FROM auth_devices d`;

export function createDevices(db: Database, clock: Clock): Devices {
  const find = (id: string) => deviceFromRow(db.one<Row>(`${select} WHERE d.id = ? AND d.revoked_at IS NULL`, id));

  const isClaimable = (id: string) =>
    db.one("SELECT id FROM auth_devices WHERE id = ? AND revoked_at IS NULL AND claim_until > ?", id, clock.now()) !== undefined;

  function write(facts: DeviceFacts, scopes: readonly Scope[], withheld: readonly Scope[]): void {
    const now = clock.now();
    db.run(
      `INSERT INTO auth_devices (id, public_key, name, platform, device_family, client_id, client_mode, address, scopes, withheld, paired_at, approved_at, used_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET name = excluded.name, platform = excluded.platform, device_family = excluded.device_family, client_id = excluded.client_id,
         client_mode = excluded.client_mode, address = excluded.address, scopes = excluded.scopes, withheld = excluded.withheld,
         approved_at = excluded.approved_at, used_at = excluded.used_at, revoked_at = NULL`,
      facts.id,
      facts.publicKey,
      facts.name,
      facts.platform,
      facts.deviceFamily,
      facts.clientId,
      facts.clientMode,
      facts.address,
      scopes.join(","),
      withheld.join(","),
      now,
      now,
      now,
    );
  }

  function keepToken(id: string, tokenHash: string): void {
    db.run("INSERT INTO auth_device_tokens (token_hash, device_id, created_at) VALUES (?, ?, ?)", tokenHash, id, clock.now());
    db.run(
      `DELETE FROM auth_device_tokens WHERE device_id = ? AND token_hash NOT IN
         (SELECT token_hash FROM auth_device_tokens WHERE device_id = ? ORDER BY created_at DESC, rowid DESC LIMIT ?)`,
      id,
      id,
      TOKENS_PER_DEVICE,
    );
  }

  function endTokens(id: string, claimUntil: number | null): void {
    db.run("DELETE FROM auth_device_tokens WHERE device_id = ?", id);
    db.run("UPDATE auth_devices SET epoch = epoch + 1, claim_until = ? WHERE id = ?", claimUntil, id);
  }

  return {
    find,
    byToken: (tokenHash) =>
      deviceFromRow(
        db.one<Row>(
          `${select} JOIN auth_device_tokens t ON t.device_id = d.id WHERE t.token_hash = ? AND d.revoked_at IS NULL`,
          tokenHash,
        ),
      ),
    pair: async (facts, asked) => {
      const { token, tokenHash } = await newToken();
      const scopes = [...new Set([...(find(facts.id)?.scopes ?? []), ...asked])];
      db.transaction(() => {
        write(facts, scopes, []);
        keepToken(facts.id, tokenHash);
      });
      return { device: find(facts.id) as Device, token };
    },
    approve: (facts, { scopes, withheld, keepTokens }) =>
      db.transaction(() => {
        write(facts, scopes, withheld);
        if (!keepTokens) endTokens(facts.id, clock.now() + CLAIM_MS);
        return find(facts.id) as Device;
      }),
    isClaimable,
    claim: async (id) => {
      const { token, tokenHash } = await newToken();
      if (!isClaimable(id)) return undefined;
      db.transaction(() => {
        db.run("UPDATE auth_devices SET claim_until = NULL, used_at = ? WHERE id = ?", clock.now(), id);
        keepToken(id, tokenHash);
      });
      return { device: find(id) as Device, token };
    },
    issue: async (id) => {
      const { token, tokenHash } = await newToken();
      keepToken(id, tokenHash);
      return token;
    },
    endTokens: (id, claimable) => db.transaction(() => endTokens(id, claimable ? clock.now() + CLAIM_MS : null)),
    narrow: (device, scopes) => {
      const withheld = new Set([...device.withheld, ...device.scopes.filter((scope) => !scopes.includes(scope))]);
      db.run(
        "UPDATE auth_devices SET scopes = ?, withheld = ? WHERE id = ?",
        scopes.join(","),
        [...withheld].join(","),
        device.id,
      );
    },
    rename: (id, label) => void db.run("UPDATE auth_devices SET label = ? WHERE id = ?", label, id),
    touch: (device) => {
      if (clock.now() - device.usedAt > TOUCH_MS)
        db.run("UPDATE auth_devices SET used_at = ? WHERE id = ?", clock.now(), device.id);
    },
    list: () =>
      db.all<Row>(`${select} WHERE d.revoked_at IS NULL ORDER BY d.used_at DESC`).map((row) => deviceFromRow(row) as Device),
    revoke: (id) =>
      db.transaction(() => {
        const live = find(id) !== undefined;
        endTokens(id, null);
        if (live) db.run("UPDATE auth_devices SET revoked_at = ? WHERE id = ?", clock.now(), id);
        return live;
      }),
  };
}

/** What a `connect` frame says of its device, cut to sane lengths. */
export function deviceFacts(params: ConnectParams, address: string): DeviceFacts {
  const { device, client } = params;
  if (!device) throw new TypeError("pairing needs a device");
  return {
    id: device.id.toLowerCase(),
    publicKey: device.publicKey,
    name: client.displayName?.trim().slice(0, 120) || null,
    platform: client.platform.trim().slice(0, 60) || null,
    deviceFamily: client.deviceFamily?.trim().slice(0, 60) || null,
    clientId: client.id.slice(0, 60),
    clientMode: client.mode.slice(0, 60),
    address,
  };
}

/** As it is shown to clients. */
export function pairedDevice(device: Device): PairedDevice {
  const scopes = [...device.scopes];
  return {
    deviceId: device.id,
    publicKey: device.publicKey,
    ...(device.name ? { displayName: device.name } : {}),
    ...(device.label ? { operatorLabel: device.label } : {}),
    ...(device.platform ? { platform: device.platform } : {}),
    clientId: device.clientId,
    ...(device.clientMode ? { clientMode: device.clientMode } : {}),
    ...(device.address ? { remoteIp: device.address } : {}),
    role: "operator",
    roles: ["operator"],
    scopes,
    tokens:
      device.tokenAt === null ? [] : [{ role: "operator", scopes, createdAtMs: device.tokenAt, lastUsedAtMs: device.usedAt }],
    createdAtMs: device.pairedAt,
    approvedAtMs: device.approvedAt,
    lastSeenAtMs: device.usedAt,
  };
}

async function newToken(): Promise<{ token: string; tokenHash: string }> {
  const token = randomSecret();
  return { token, tokenHash: await digest(token) };
}

/** Scopes as they are stored: separated by commas; a word that is no scope any more counts for nothing. */
export function scopesFromText(text: string): Scope[] {
  return text.split(",").filter((scope): scope is Scope => (allScopes as readonly string[]).includes(scope));
}

function deviceFromRow(row: Row | undefined): Device | undefined {
  if (!row) return undefined;
  return {
    id: row.id,
    publicKey: row.public_key,
    name: row.name,
    label: row.label,
    platform: row.platform,
    deviceFamily: row.device_family,
    clientId: row.client_id,
    clientMode: row.client_mode,
    address: row.address,
    scopes: scopesFromText(row.scopes),
    withheld: scopesFromText(row.withheld),
    pairedAt: row.paired_at,
    approvedAt: row.approved_at ?? row.paired_at,
    usedAt: row.used_at,
    epoch: row.epoch,
    tokenAt: row.token_at,
  };
}
