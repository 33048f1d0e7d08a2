/**
 * Secrets: kept apart from settings, read at the moment of use so that rotation works at once, never read back by any
 * method. A name's version rises with every change and survives deletion; grants that rest on a secret remember it.
 */

import { MoltError } from "@moltworker/protocol/errors";
import type { Clock } from "../platform/clock.ts";
import type { Database } from "../storage/database.ts";
import type { Migration } from "../storage/migrations.ts";

export type SecretSource = "environment" | "typed" | "made";

export interface Secrets {
  get(name: string): string | undefined;
  source(name: string): SecretSource | undefined;
  /** Names with this beginning that have a value, in order. */
  names(prefix: string): string[];
  /** Rises with every change of any secret while this object lives. */
  revision(): number;
  /** Rises with every change of the value, deletion included; 0 for a name never set. */
  version(name: string): number;
  /** Trims surrounding white space; what is inside stays as it is. Throws CONFIG_INVALID for an empty value or more than 8 KiB. */
  set(name: string, value: string, source: SecretSource): void;
  /** Every value, for the log to leave out. */
  values(): string[];
  delete(name: string): void;
  /** Sets from the environment unless a person typed one. Only a changed variable acts again, so what was deleted here stays deleted. */
  seed(name: string, value: string): void;
}

/** Name of a provider's key: `provider.anthropic.key`. */
export const providerKeyName = (provider: string): string => `provider.${provider}.key`;
export const gatewayTokenName = "gateway.token";

export const MAX_SECRET_BYTES = 8_192;

export const secretsMigration: Migration = {
  name: "0006-secrets",
  statements: [
    // A deleted secret leaves its row without a value. `seeded` is a fingerprint of the last environment value, not the value.
    `CREATE TABLE secrets (
      name TEXT PRIMARY KEY, value TEXT, source TEXT NOT NULL, version INTEGER NOT NULL,
      seeded TEXT, changed_at INTEGER NOT NULL)`,
  ],
};

interface Row {
  value: string | null;
  source: SecretSource;
  version: number;
  seeded: string | null;
}

export function createSecrets(db: Database, clock: Clock): Secrets {
  const read = (name: string) => db.one<Row>("SELECT value, source, version, seeded FROM secrets WHERE name = ?", name);

  let revision = 0;

  function write(name: string, value: string | null, source: SecretSource, seeded: string | null): void {
    revision += 1;
    const old = read(name);
    const version = (old?.version ?? 0) + (old?.value === value ? 0 : 1);
    db.run(
      "INSERT OR REPLACE INTO secrets (name, value, source, version, seeded, changed_at) VALUES (?, ?, ?, ?, ?, ?)",
      name,
      value,
      source,
      version,
      seeded,
      clock.now(),
    );
  }

  return {
    get: (name) => read(name)?.value ?? undefined,
    source: (name) => {
      const row = read(name);
      return row?.value == null ? undefined : row.source;
    },
    names: (prefix) =>
      db
        .all<{ name: string }>(
          "SELECT name FROM secrets WHERE substr(name, 1, ?) = ? AND value IS NOT NULL ORDER BY name",
          prefix.length,
          prefix,
        )
        .map(({ name }) => name),
    revision: () => revision,
    version: (name) => read(name)?.version ?? 0,
    set: (name, value, source) => {
      const kept = checked(name, value);
      write(name, kept, source, source === "environment" ? fingerprint(kept) : (read(name)?.seeded ?? null));
    },
    values: () => db.all<{ value: string }>("SELECT value FROM secrets WHERE value IS NOT NULL").map((row) => row.value),
    delete: (name) => {
      const row = read(name);
      if (row) write(name, null, "typed", row.seeded);
    },
    seed: (name, value) => {
      const kept = checked(name, value);
      const mark = fingerprint(kept);
      const row = read(name);
      if (row?.seeded === mark) return;
      if (row && row.value !== null && row.source === "typed") db.run("UPDATE secrets SET seeded = ? WHERE name = ?", mark, name);
      else write(name, kept, "environment", mark);
    },
  };
}

function checked(name: string, value: string): string {
  const kept = value.trim();
  if (kept === "")
    throw new MoltError("CONFIG_INVALID", {
      message: `${name}: the value is empty`,
      details: { issues: [{ path: name, message: "the value is empty" }] },
    });
  if (new TextEncoder().encode(kept).length > MAX_SECRET_BYTES) {
    const message = `longer than ${MAX_SECRET_BYTES} bytes`;
    throw new MoltError("CONFIG_INVALID", { message: `${name}: ${message}`, details: { issues: [{ path: name, message }] } });
  }
  return kept;
}

/**
 * 64-bit FNV-1a over the value: tells whether an environment variable changed after its value was deleted here.
 * It proves nothing about anyone and is far too short to give the value back.
 */
function fingerprint(value: string): string {
  let hash = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(value)) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  return hash.toString(16);
}
