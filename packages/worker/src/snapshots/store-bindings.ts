/** Snapshot stores that the Worker is bound to: an R2 bucket on Cloudflare, a folder (workerd's `disk` service) on one machine. */

import { type SnapshotStore, type StoredObject, storeFailed, storeRefused } from "./store.ts";

export function createBindingStore(binding: R2Bucket | Fetcher): SnapshotStore {
  return isBucket(binding) ? bucketStore(binding) : folderStore(binding);
}

/** A service binding answers to any property name, so only the class tells the two apart. */
function isBucket(binding: R2Bucket | Fetcher): binding is R2Bucket {
  return Object.getPrototypeOf(binding)?.constructor?.name === "R2Bucket";
}

function bucketStore(bucket: R2Bucket): SnapshotStore {
  const place = "the R2 bucket";
  const tried = async <Value>(what: string, work: () => Promise<Value>): Promise<Value> => {
    try {
      return await work();
    } catch (error) {
      throw storeFailed(place, what, error instanceof Error ? error.message.slice(0, 200) : "it failed", error);
    }
  };
  return {
    place,
    put: (name, bytes) => tried("took nothing", async () => void (await bucket.put(name, bytes))),
    get: (name) =>
      tried("gave nothing", async () => {
        const object = await bucket.get(name);
        return object ? new Uint8Array(await object.arrayBuffer()) : undefined;
      }),
    list: (prefix) =>
      tried("could not be listed", async () => {
        const found: StoredObject[] = [];
        for (let cursor: string | undefined, more = true; more; ) {
          const page = await bucket.list({ prefix, ...(cursor ? { cursor } : {}) });
          found.push(...page.objects.map(({ key, size }) => ({ name: key, size })));
          more = page.truncated;
          cursor = page.truncated ? page.cursor : undefined;
        }
        return found;
      }),
    delete: (name) => tried("deleted nothing", () => bucket.delete(name)),
  };
}

/** workerd's `disk` service: PUT replaces a file atomically and makes its folders; GET of a folder is a JSON list of names. */
function folderStore(disk: Fetcher): SnapshotStore {
  const place = "the snapshot folder";
  const urlOf = (name: string) => `http://snapshots/${name}`;

  async function ask(what: string, name: string, init: RequestInit = {}): Promise<Response> {
    const response = await disk.fetch(urlOf(name), init).catch((error: unknown) => {
      throw storeFailed(place, what, "the disk failed", error);
    });
    if (response.ok || response.status === 404) return response;
    await response.body?.cancel();
    // The disk service says 500 for a full disk, a folder without write permission and a failing device alike.
    if (response.status >= 500) throw storeFailed(place, what, "it cannot be written or read, or the disk is full");
    throw storeRefused(place, what, `status ${response.status}`);
  }

  async function walk(folder: string, found: StoredObject[]): Promise<void> {
    const response = await ask("could not be listed", folder);
    if (response.status === 404) return void (await response.body?.cancel());
    for (const { name, type } of (await response.json()) as { name: string; type: string }[]) {
      // Drafts of writes that a kill cut off.
      if (name.startsWith(".")) continue;
      if (type === "directory") await walk(`${folder}${name}/`, found);
      else found.push({ name: `${folder}${name}`, size: undefined });
    }
  }

  return {
    place,
    async put(name, bytes) {
      const response = await ask("took nothing", name, { method: "PUT", body: bytes as Uint8Array<ArrayBuffer> });
      if (response.status === 404) throw storeRefused(place, "took nothing", "the folder is missing");
    },
    async get(name) {
      const response = await ask("gave nothing", name);
      if (response.status !== 404) return new Uint8Array(await response.arrayBuffer());
      await response.body?.cancel();
      return undefined;
    },
    async list(prefix) {
      const found: StoredObject[] = [];
      await walk(prefix, found);
      return found;
    },
    delete: async (name) => void (await ask("deleted nothing", name, { method: "DELETE" })),
  };
}
