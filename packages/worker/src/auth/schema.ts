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
