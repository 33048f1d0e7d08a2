/** A row of the call log, from the table to the wire; filters, from the wire to SQL. */

import type { GatewayAttempt, GatewayLogFilter, GatewayLogRow } from "@moltworker/protocol/gateway";
import { redactBody } from "../../platform/log.ts";
import type { SqlValue } from "../../storage/database.ts";
import type { CallRecord } from "./call-record.ts";
import { usdFrom } from "./money.ts";

export interface LogTableRow {
  id: string;
  at: number;
  tenant: string;
  token_id: string | null;
  session_key: string | null;
  channel: string | null;
  schedule: string | null;
  run_id: string | null;
  provider: string;
  model: string;
  key_alias: string | null;
  endpoint: string;
  stream: number;
  status: number;
  error: string | null;
  error_message: string | null;
  cache: GatewayLogRow["cache"];
  step: number;
  attempts: string;
  input_tokens: number;
  output_tokens: number;
  cache_read: number;
  cache_write: number;
  reasoning_tokens: number;
  cost: number | null;
  reserved: number;
  custom_cost: number;
  estimated: number;
  first_byte_ms: number | null;
  duration_ms: number;
  metadata: string;
  event_id: string | null;
  user_agent: string | null;
  request_type: string | null;
  response_type: string | null;
  request_bytes: number | null;
  response_bytes: number | null;
  prefix_broke_at: number | null;
  prefix_lost: number | null;
  replay_of: string | null;
  feedback: -1 | 1 | null;
  score: number | null;
  has_bodies: number;
}

export function logRowFrom(row: LogTableRow): GatewayLogRow {
  return {
    id: row.id,
    at: row.at,
    tenant: row.tenant,
    tokenId: row.token_id,
    sessionKey: row.session_key,
    channel: row.channel,
    schedule: row.schedule,
    runId: row.run_id,
    provider: row.provider,
    model: row.model,
    keyAlias: row.key_alias,
    endpoint: row.endpoint,
    stream: row.stream === 1,
    status: row.status,
    error: row.error,
    errorMessage: row.error_message,
    cache: row.cache,
    step: row.step,
    attempts: JSON.parse(row.attempts) as GatewayAttempt[],
    inputTokens: row.input_tokens,
    outputTokens: row.output_tokens,
    cacheRead: row.cache_read,
    cacheWrite: row.cache_write,
    reasoningTokens: row.reasoning_tokens,
    costUsd: row.cost === null ? null : usdFrom(row.cost),
    reservedUsd: usdFrom(row.reserved),
    customCost: row.custom_cost === 1,
    estimated: row.estimated === 1,
    firstByteMs: row.first_byte_ms,
    durationMs: row.duration_ms,
    metadata: JSON.parse(row.metadata) as GatewayLogRow["metadata"],
    eventId: row.event_id,
    userAgent: row.user_agent,
    requestType: row.request_type,
    responseType: row.response_type,
    requestBytes: row.request_bytes,
    responseBytes: row.response_bytes,
    prefixBreak: row.prefix_broke_at === null ? null : { atByte: row.prefix_broke_at, costUsd: usdFrom(row.prefix_lost ?? 0) },
    replayOf: row.replay_of,
    feedback: row.feedback,
    score: row.score,
    hasBodies: row.has_bodies === 1,
  };
}

/** The columns of a record; its texts are made by the caller, who counts them. */
export function tableRowFrom(
  record: CallRecord,
  made: { attempts: string; metadata: string; size: number },
): Record<string, SqlValue> {
  const { call, usage, outcome } = record;
  const { caller } = call;
  return {
    id: call.callId,
    at: call.askedAt,
    tenant: caller.tenant,
    token_id: caller.tokenId,
    session_key: caller.sessionKey,
    channel: caller.channel,
    schedule: caller.schedule,
    run_id: caller.runId,
    provider: record.provider,
    model: record.model,
    key_alias: record.keyAlias,
    endpoint: call.endpoint,
    stream: Number(call.stream),
    status: record.status,
    error: record.error,
    error_message: record.errorMessage === null ? null : redactBody(record.errorMessage.slice(0, 500)),
    cache: record.cache,
    step: record.step,
    attempts: made.attempts,
    input_tokens: usage.input,
    output_tokens: usage.output,
    cache_read: usage.cacheRead,
    cache_write: usage.cacheWrite,
    reasoning_tokens: usage.reasoning,
    cost: record.cost,
    reserved: record.reserved,
    custom_cost: Number(call.customCost !== undefined),
    estimated: Number(record.estimated),
    first_byte_ms: record.firstByteMs,
    duration_ms: record.durationMs,
    metadata: made.metadata,
    event_id: outcome?.eventId ?? null,
    user_agent: outcome?.userAgent?.slice(0, 300) ?? null,
    request_type: outcome?.requestContentType ?? null,
    response_type: outcome?.responseContentType ?? null,
    request_bytes: outcome?.requestBytes ?? null,
    response_bytes: outcome?.responseBytes ?? null,
    prefix_broke_at: outcome?.prefixBreak?.atByte ?? null,
    prefix_lost: outcome?.prefixBreak ? Math.round(outcome.prefixBreak.costUsd * 1e9) : null,
    replay_of: call.replayOf ?? null,
    size: made.size,
  };
}

/** Columns that a filter compares for equality, by its own names. */
const equal = {
  provider: "provider",
  tenant: "tenant",
  tokenId: "token_id",
  sessionKey: "session_key",
  channel: "channel",
  runId: "run_id",
  eventId: "event_id",
  replayOf: "replay_of",
  cache: "cache",
  status: "status",
  feedback: "feedback",
} as const satisfies Partial<Record<keyof GatewayLogFilter, string>>;

export function filterSql(filter: GatewayLogFilter): { where: string[]; values: SqlValue[] } {
  const where: string[] = [];
  const values: SqlValue[] = [];
  const add = (condition: string, ...bound: SqlValue[]) => {
    where.push(condition);
    values.push(...bound);
  };
  for (const [name, column] of Object.entries(equal)) {
    const value = filter[name as keyof typeof equal];
    if (value !== undefined) add(`${column} = ?`, value);
  }
  // `provider/model` or the model alone; models have slashes of their own.
  if (filter.model !== undefined) add("(model = ? OR provider || '/' || model = ?)", filter.model, filter.model);
  if (filter.success !== undefined) add(filter.success ? "error IS NULL" : "error IS NOT NULL");
  if (filter.since !== undefined) add("at >= ?", filter.since);
  if (filter.until !== undefined) add("at < ?", filter.until);
  if (filter.metadataKey !== undefined)
    add(
      "EXISTS (SELECT 1 FROM json_each(metadata) m WHERE m.key = ? AND (? IS NULL OR CAST(m.value AS TEXT) = ?))",
      filter.metadataKey,
      filter.metadataValue ?? null,
      filter.metadataValue ?? null,
    );
  // instr and not LIKE: no wildcards to escape, no limit of the pattern's length.
  if (filter.search)
    add(
      `instr(lower(provider || '/' || model || ' ' || endpoint || ' ' || coalesce(error, '') || ' ' || coalesce(error_message, '')
        || ' ' || coalesce(user_agent, '') || ' ' || metadata || ' ' || coalesce(session_key, '')), lower(?)) > 0`,
      filter.search,
    );
  return { where, values };
}
