/** Tables of identity. Secrets are stored as SHA-256 digests only; a row that ends stays a while so that its holder is told why. */

import type { Migration } from "../storage/migrations.ts";

export const authMigration: Migration = {
  name: "0008-auth",
  statements: [
    "CREATE TABLE auth_instance (id TEXT NOT NULL)",
    "CREATE TABLE auth_links (code_hash TEXT PRIMARY KEY, created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL)",
    // `token_version` is set for a session opened with the gateway token: it ends when that token is rotated.
    `CREATE TABLE auth_sessions (
      id TEXT PRIMARY KEY, secret_hash TEXT NOT NULL UNIQUE, token_version INTEGER,
      created_at INTEGER NOT NULL, used_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, ended_at INTEGER)`,
    `CREATE TABLE auth_devices (
      id TEXT PRIMARY KEY, public_key TEXT NOT NULL, name TEXT, platform TEXT, client_id TEXT NOT NULL,
      scopes TEXT NOT NULL, paired_at INTEGER NOT NULL, used_at INTEGER NOT NULL, revoked_at INTEGER)`,
    "CREATE TABLE auth_device_tokens (token_hash TEXT PRIMARY KEY, device_id TEXT NOT NULL, created_at INTEGER NOT NULL)",
    "CREATE INDEX auth_device_tokens_by_device ON auth_device_tokens (device_id, created_at)",
    `CREATE TABLE auth_attempts (
      address TEXT PRIMARY KEY, failures INTEGER NOT NULL, window_started_at INTEGER NOT NULL,
      failed_at INTEGER NOT NULL, paused_until INTEGER NOT NULL, succeeded_at INTEGER NOT NULL)`,
  ],
};

export const apiTokensMigration: Migration = {
  name: "0014-api-tokens",
  statements: [
    `CREATE TABLE auth_api_tokens (
      id TEXT PRIMARY KEY, token_hash TEXT NOT NULL UNIQUE, label TEXT NOT NULL, scopes TEXT NOT NULL,
      created_at INTEGER NOT NULL, created_by TEXT NOT NULL, used_at INTEGER, expires_at INTEGER, revoked_at INTEGER)`,
    // Where a session was opened from, so that a person can tell them apart.
    "ALTER TABLE auth_sessions ADD COLUMN address TEXT",
    "ALTER TABLE auth_sessions ADD COLUMN agent TEXT",
  ],
};

/** A token's model calls: whose they are, and what they may be and cost. */
export const tokenLimitsMigration: Migration = {
  name: "0018-token-limits",
  statements: ["ALTER TABLE auth_api_tokens ADD COLUMN tenant TEXT", "ALTER TABLE auth_api_tokens ADD COLUMN limits TEXT"],
};

export const pairingMigration: Migration = {
  name: "0013-pairing",
  statements: [
    "ALTER TABLE auth_devices ADD COLUMN label TEXT",
    "ALTER TABLE auth_devices ADD COLUMN client_mode TEXT",
    "ALTER TABLE auth_devices ADD COLUMN address TEXT",
    "ALTER TABLE auth_devices ADD COLUMN approved_at INTEGER",
    "ALTER TABLE auth_devices ADD COLUMN epoch INTEGER NOT NULL DEFAULT 0",
    // Until then the next proof of the device's key fetches a token.
    "ALTER TABLE auth_devices ADD COLUMN claim_until INTEGER",
    `CREATE TABLE auth_pairings (
      id TEXT PRIMARY KEY, device_id TEXT NOT NULL, code TEXT NOT NULL, facts TEXT NOT NULL, device_family TEXT,
      scopes TEXT NOT NULL, address TEXT NOT NULL, is_repair INTEGER NOT NULL, wrong_codes INTEGER NOT NULL,
      created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, decision TEXT)`,
  ],
};

export const passkeysMigration: Migration = {
  name: "0021-passkeys",
  statements: [
    `CREATE TABLE auth_passkeys (
      id TEXT PRIMARY KEY, credential_id TEXT NOT NULL UNIQUE, public_key TEXT NOT NULL, counter INTEGER NOT NULL,
      rp_id TEXT NOT NULL, label TEXT NOT NULL, backed_up INTEGER NOT NULL, created_at INTEGER NOT NULL,
      created_by TEXT NOT NULL, used_at INTEGER, revoked_at INTEGER)`,
    `CREATE TABLE auth_challenges (
      challenge_hash TEXT PRIMARY KEY, purpose TEXT NOT NULL, rp_id TEXT NOT NULL, origin TEXT NOT NULL,
      who TEXT, address TEXT NOT NULL, expires_at INTEGER NOT NULL)`,
    "CREATE INDEX auth_challenges_by_address ON auth_challenges (address, expires_at)",
    // The passkey that opened a session: it ends when that passkey is removed.
    "ALTER TABLE auth_sessions ADD COLUMN passkey_id TEXT",
  ],
};

export const upgradesMigration: Migration = {
  name: "0016-upgrades",
  statements: [
    "ALTER TABLE auth_devices ADD COLUMN device_family TEXT",
    // What it asked for and its approver kept back: asking again for that is no new question.
    "ALTER TABLE auth_devices ADD COLUMN withheld TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE auth_pairings ADD COLUMN reason TEXT NOT NULL DEFAULT 'not-paired'",
    // Tokens of Access that were seen once, so that the audit has one row for each.
    "CREATE TABLE auth_access_seen (token_id TEXT PRIMARY KEY, seen_at INTEGER NOT NULL, expires_at INTEGER NOT NULL)",
  ],
};
