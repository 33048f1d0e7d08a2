/**
 * What each table is to a snapshot. Every table of the product stands here by its name, and a test says so: whoever adds one
 * decides whether going back in time would be wrong for it.
 */

export type TablePolicy =
  /** Saved; a restore brings it back. */
  | "truth"
  /** Saved; brought back only into an empty assistant. What was done, spent, granted or revoked is not undone by a restore. */
  | "record"
  /** Like `record`, and saved only in encrypted snapshots. */
  | "secret"
  /** Belongs to this object alone and is never saved. */
  | "local";

const names: Readonly<Record<TablePolicy, string>> = {
  // Conversations and the work on them, settings, files.
  truth: `
    sessions messages inbox outbox runs run_steps tool_calls approvals import_sessions
    config config_history config_seeds marks
    workspace_files workspace_chunks workspace_usage blobs
    channel_accounts channel_messages channel_buttons
    hosted_homes hosted_home_chunks hosted_state`,
  record: `
    auth_access_ended auth_access_keys auth_access_seen auth_api_tokens auth_attempts auth_challenges auth_device_tokens
    auth_devices auth_instance auth_links auth_pairings auth_passkeys auth_sessions
    channel_senders channel_pairings
    audit quarantine
    model_calls gateway_calls gateway_bodies gateway_hours gateway_spend
    hook_deliveries hook_failures http_requests`,
  secret: "secrets",
  // Positions of live clients, timers that every part sets again at waking, what can be had again, and the snapshots' own books.
  local: `
    schema_migrations events timers log_lines gateway_cache gateway_cache_parts
    import_source import_files import_chunks snapshot_jobs snapshot_marks`,
};

const policies = new Map(
  Object.entries(names).flatMap(([policy, list]) =>
    list
      .trim()
      .split(/\s+/)
      .map((name) => [name, policy as TablePolicy] as const),
  ),
);

/**
 * SQLite's own, the host's (Cloudflare's and its local runtime's begin with an underscore, and no table of ours does), and what
 * a snapshot or a restore has open.
 */
export const isInternal = (table: string): boolean => /^(_|(sqlite|cut|staged)_)/.test(table);

/** undefined for a table that nobody has named. */
export function namedPolicyOf(table: string): TablePolicy | undefined {
  return isInternal(table) ? "local" : policies.get(table);
}

/** What nobody has named is saved, and no restore removes it. */
export function policyOf(table: string): TablePolicy {
  return namedPolicyOf(table) ?? "record";
}

export const namedTables = (): string[] => [...policies.keys()];
