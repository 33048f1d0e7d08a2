/**
 * Exact answers kept for a while. Every key begins with the caller's tenant, so that nobody reads another's answers whatever
 * key they name; only whole answers with a 2xx are stored. Identical calls at the same time become one.
 */

import type { Clock } from "../../platform/clock.ts";
import type { Database } from "../../storage/database.ts";
import type { Migration } from "../../storage/migrations.ts";
import { joinBytes } from "./call-body.ts";
import type { Target } from "./plan.ts";

export interface CachedAnswer {
  status: number;
  headers: [string, string][];
  body: Uint8Array<ArrayBuffer>;
  isStream: boolean;
  provider: string;
  model: string;
  step: number;
}

export interface AnswerCache {
  find(key: string): CachedAnswer | undefined;
  store(key: string, answer: CachedAnswer, ttlSeconds: number): void;
  /**
   * Who asks first leads and must call `done`; the others wait for it and look into the cache again. Resolves to the end of the
   * lead, or to undefined when the leader was awaited.
   */
  lead(key: string): Promise<(() => void) | undefined>;
  /** Drops what is over, and the oldest above the size. */
  prune(): void;
  /** Returns how many entries went. */
  clear(): number;
}

export const cacheMigration: Migration = {
  name: "0020-gateway-cache",
  statements: [
    `CREATE TABLE gateway_cache (key TEXT PRIMARY KEY, head TEXT NOT NULL, bytes INTEGER NOT NULL, stored_at INTEGER NOT NULL, expires_at INTEGER NOT NULL)`,
    "CREATE TABLE gateway_cache_parts (key TEXT NOT NULL, part INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY (key, part))",
    "CREATE INDEX gateway_cache_by_end ON gateway_cache (expires_at)",
  ],
};

export const mostCachedBytes = 8_388_608;
const mostTotalBytes = 134_217_728;
const partBytes = 1_000_000;

/** Headers that change what a provider answers. */
const distinguishing = ["anthropic-version", "anthropic-beta", "openai-beta", "accept", "x-goog-user-project"];

/** undefined when the call cannot be cached: its body is not held. */
export async function cacheKeyOf(
  tenant: string,
  targets: readonly Target[],
  customKey: string | undefined,
): Promise<string | undefined> {
  const parts: unknown[] = ["1", tenant];
  if (customKey !== undefined) parts.push("custom", customKey);
  const bodies: Uint8Array[] = [];
  for (const target of customKey === undefined ? targets : []) {
    if (target.stream || !target.bytes) return undefined;
    const { upstream, method, endpoint, headers, ownKey } = target;
    // Whoever brings a key of their own is at another account of the provider.
    parts.push(
      upstream.slug,
      method,
      upstream.url.href,
      endpoint,
      ownKey,
      distinguishing.map((name) => headers[name] ?? null),
      target.bytes.length,
    );
    bodies.push(target.bytes);
  }
  const head = new TextEncoder().encode(JSON.stringify(parts));
  const digest = await crypto.subtle.digest("SHA-256", joinBytes([head, Uint8Array.of(0), ...bodies]));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

interface Row {
  head: string;
  expires_at: number;
}

export function createAnswerCache(db: Database, clock: Clock): AnswerCache {
  const flights = new Map<string, Promise<void>>();
  const drop = (key: string) => {
    db.run("DELETE FROM gateway_cache WHERE key = ?", key);
    db.run("DELETE FROM gateway_cache_parts WHERE key = ?", key);
  };
  return {
    find(key) {
      const row = db.one<Row>("SELECT head, expires_at FROM gateway_cache WHERE key = ?", key);
      if (!row || row.expires_at <= clock.now()) return undefined;
      const parts = db.all<{ data: ArrayBuffer }>("SELECT data FROM gateway_cache_parts WHERE key = ? ORDER BY part", key);
      const body = joinBytes(parts.map(({ data }) => new Uint8Array(data)));
      return { ...(JSON.parse(row.head) as Omit<CachedAnswer, "body">), body };
    },
    store(key, { body, ...head }, ttlSeconds) {
      if (body.length > mostCachedBytes) return;
      const now = clock.now();
      db.transaction(() => {
        drop(key);
        db.run(
          "INSERT INTO gateway_cache (key, head, bytes, stored_at, expires_at) VALUES (?, ?, ?, ?, ?)",
          key,
          JSON.stringify(head),
          body.length,
          now,
          now + ttlSeconds * 1_000,
        );
        for (let part = 0; part * partBytes < body.length; part += 1)
          db.run(
            "INSERT INTO gateway_cache_parts (key, part, data) VALUES (?, ?, ?)",
            key,
            part,
            body.slice(part * partBytes, (part + 1) * partBytes).buffer,
          );
      });
    },
    async lead(key) {
      const flight = flights.get(key);
      if (flight) {
        await flight;
        return undefined;
      }
      let land = () => {};
      flights.set(
        key,
        new Promise<void>((resolve) => {
          land = resolve;
        }),
      );
      return () => {
        flights.delete(key);
        land();
      };
    },
    prune() {
      db.transaction(() => {
        for (const { key } of db.all<{ key: string }>(
          "SELECT key FROM gateway_cache WHERE expires_at <= ? LIMIT 500",
          clock.now(),
        ))
          drop(key);
        let total = db.one<{ total: number }>("SELECT COALESCE(SUM(bytes), 0) AS total FROM gateway_cache")?.total ?? 0;
        while (total > mostTotalBytes) {
          const oldest = db.one<{ key: string; bytes: number }>(
            "SELECT key, bytes FROM gateway_cache ORDER BY stored_at LIMIT 1",
          );
          if (!oldest) break;
          drop(oldest.key);
          total -= oldest.bytes;
        }
      });
    },
    clear() {
      const count = db.one<{ count: number }>("SELECT COUNT(*) AS count FROM gateway_cache")?.count ?? 0;
      db.run("DELETE FROM gateway_cache");
      db.run("DELETE FROM gateway_cache_parts");
      return count;
    },
  };
}

/** A stream that came to its own end, by the mark of its dialect. Others are never kept: they may be cut without a sign. */
export function isCompleteStream(dialect: Target["dialect"], body: Uint8Array): boolean {
  const tail = new TextDecoder().decode(body.subarray(Math.max(0, body.length - 200_000)));
  if (dialect === "chat") return /data: ?\[DONE\]\s*$/.test(tail);
  if (dialect === "messages") return /"type":\s*"message_stop"/.test(tail.slice(-400));
  if (dialect === "responses") return /"type":\s*"response\.completed"/.test(tail);
  return dialect === "google" && /"finishReason":\s*"STOP"/.test(tail);
}
