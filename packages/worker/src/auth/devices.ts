/** Paired devices: a stored grant per key pair and a few device tokens, kept as digests. Revocation is final for all of them. */

import type { ConnectParams } from "@moltworker/protocol/frames";
import { scopes as allScopes, type Scope } from "@moltworker/protocol/scopes";
import type { Clock } from "../platform/clock.ts";
import type { Database } from "../storage/database.ts";
import { digest, randomSecret } from "./digest.ts";

/** One key pair may sit in several places (a laptop restored from a backup), each with its own token. */
const TOKENS_PER_DEVICE = 5;
const TOUCH_MS = 3_600_000;

export interface Device {
  id: string;
  name: string | null;
  platform: string | null;
  clientId: string;
  scopes: readonly Scope[];
  pairedAt: number;
  usedAt: number;
}

export interface Devices {
  /** Undefined for a device that was never paired or is revoked. */
  find(id: string): Device | undefined;
  /** The live device that holds this token. */
  byToken(tokenHash: string): Device | undefined;
  /** Stores or widens the grant and issues a token. Only for a caller who proved both the device key and the owner's secret. */
  pair(params: ConnectParams, scopes: readonly Scope[]): Promise<{ device: Device; token: string }>;
  touch(device: Device): void;
  list(): Device[];
  /** Ends the grant and every token of it. True when it was live. */
  revoke(id: string): boolean;
}

interface Row {
  id: string;
  name: string | null;
  platform: string | null;
  client_id: string;
  scopes: string;
  paired_at: number;
  used_at: number;
}

const columns = "d.id, d.name, d.platform, d.client_id, d.scopes, d.paired_at, d.used_at";

export function createDevices(db: Database, clock: Clock): Devices {
  const find = (id: string) =>
    deviceFromRow(db.one<Row>(`SELECT ${columns} FROM auth_devices d WHERE d.id = ? AND d.revoked_at IS NULL`, id));

  return {
    find,
    byToken: (tokenHash) =>
      deviceFromRow(
        db.one<Row>(
          `SELECT ${columns} FROM auth_device_tokens t JOIN auth_devices d ON d.id = t.device_id WHERE t.token_hash = ? AND d.revoked_at IS NULL`,
          tokenHash,
        ),
      ),
    pair: async (params, asked) => {
      const { device, client } = params;
      if (!device) throw new TypeError("pairing needs a device");
      const token = randomSecret();
      const tokenHash = await digest(token);
      const now = clock.now();
      const id = device.id.toLowerCase();
      const scopes = [...new Set([...(find(id)?.scopes ?? []), ...asked])];
      db.transaction(() => {
        db.run(
          `INSERT INTO auth_devices (id, public_key, name, platform, client_id, scopes, paired_at, used_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
           ON CONFLICT (id) DO UPDATE SET name = excluded.name, platform = excluded.platform, client_id = excluded.client_id,
             scopes = excluded.scopes, used_at = excluded.used_at, revoked_at = NULL`,
          id,
          device.publicKey,
          client.displayName?.slice(0, 120) ?? null,
          client.platform.slice(0, 60),
          client.id.slice(0, 60),
          scopes.join(","),
          now,
          now,
        );
        db.run("INSERT INTO auth_device_tokens (token_hash, device_id, created_at) VALUES (?, ?, ?)", tokenHash, id, now);
        db.run(
          `DELETE FROM auth_device_tokens WHERE device_id = ? AND token_hash NOT IN
             (SELECT token_hash FROM auth_device_tokens WHERE device_id = ? ORDER BY created_at DESC, rowid DESC LIMIT ?)`,
          id,
          id,
          TOKENS_PER_DEVICE,
        );
      });
      return { device: find(id) as Device, token };
    },
    touch: (device) => {
      if (clock.now() - device.usedAt > TOUCH_MS)
        db.run("UPDATE auth_devices SET used_at = ? WHERE id = ?", clock.now(), device.id);
    },
    list: () =>
      db
        .all<Row>(`SELECT ${columns} FROM auth_devices d WHERE d.revoked_at IS NULL ORDER BY d.used_at DESC`)
        .map((row) => deviceFromRow(row) as Device),
    revoke: (id) =>
      db.transaction(() => {
        db.run("DELETE FROM auth_device_tokens WHERE device_id = ?", id);
        return db.run("UPDATE auth_devices SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL", clock.now(), id) > 0;
      }),
  };
}

function deviceFromRow(row: Row | undefined): Device | undefined {
  if (!row) return undefined;
  const scopes = row.scopes.split(",").filter((scope): scope is Scope => (allScopes as readonly string[]).includes(scope));
  return {
    id: row.id,
    name: row.name,
    platform: row.platform,
    clientId: row.client_id,
    scopes,
    pairedAt: row.paired_at,
    usedAt: row.used_at,
  };
}
