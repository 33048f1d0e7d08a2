/**
 * Where snapshots lie. An object is written whole or not at all and never changed: every name is used for one content.
 * All failures are SNAPSHOT_STORE (it may pass) or SNAPSHOT_STORE_REFUSED (a person must act).
 */

import { isMoltError, MoltError } from "@moltworker/protocol/errors";
import type { Clock } from "../platform/clock.ts";

export interface StoredObject {
  name: string;
  /** Bytes; undefined where listing does not tell. */
  size: number | undefined;
}

export interface SnapshotStore {
  /** Where it is, for a person; no secret in it. */
  place: string;
  put(name: string, bytes: Uint8Array): Promise<void>;
  /** undefined when there is no such object. */
  get(name: string): Promise<Uint8Array | undefined>;
  /** Every object below `prefix`, which ends with a slash. */
  list(prefix: string): Promise<StoredObject[]>;
  delete(name: string): Promise<void>;
}

/** No object of ours is larger: an attachment with its seal, or one row with its chunk. */
export const MAX_OBJECT_BYTES = 64 * 1_048_576;

const pausesMs = [300, 1_000, 3_000];

/** Tries again what may pass. `signal` ends the waiting too. */
export function withRetries(store: SnapshotStore, clock: Clock, signal?: AbortSignal): SnapshotStore {
  async function tried<Value>(work: () => Promise<Value>): Promise<Value> {
    for (let attempt = 0; ; attempt += 1) {
      signal?.throwIfAborted();
      try {
        return await work();
      } catch (error) {
        const pause = pausesMs[attempt];
        if (pause === undefined || !isMoltError(error) || error.code !== "SNAPSHOT_STORE") throw error;
        await clock.sleep(pause, signal);
      }
    }
  }
  return {
    place: store.place,
    put: (name, bytes) => tried(() => store.put(name, bytes)),
    get: (name) => tried(() => store.get(name)),
    list: (prefix) => tried(() => store.list(prefix)),
    delete: (name) => tried(() => store.delete(name)),
  };
}

/** The same store with every name below `prefix`. */
export function below(store: SnapshotStore, prefix: string): SnapshotStore {
  if (prefix === "") return store;
  return {
    place: `${store.place}/${prefix.replace(/\/$/, "")}`,
    put: (name, bytes) => store.put(prefix + name, bytes),
    get: (name) => store.get(prefix + name),
    list: async (under) =>
      (await store.list(prefix + under)).map(({ name, size }) => ({ name: name.slice(prefix.length), size })),
    delete: (name) => store.delete(prefix + name),
  };
}

export function storeFailed(place: string, what: string, why: string, cause?: unknown): MoltError {
  return new MoltError("SNAPSHOT_STORE", { message: `${place} ${what}: ${why}`, cause });
}

export function storeRefused(place: string, what: string, why: string): MoltError {
  return new MoltError("SNAPSHOT_STORE_REFUSED", { message: `${place} ${what}: ${why}` });
}
