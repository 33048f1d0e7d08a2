/** One snapshot as a tar stream: its manifest, its verdict and every object that it names, as they lie in the store. */

import { tarEnd, tarHeader, tarPadding } from "@moltworker/protocol/tar";
import type { Manifest } from "./manifest.ts";
import type { SnapshotStore } from "./store.ts";

/** Unpacked, the folder is a store of its own: `moltworker restore --from <folder>`. */
export function archiveOf(manifest: Manifest, store: SnapshotStore): ReadableStream<Uint8Array> {
  const names = [
    `manifests/${manifest.id}.json`,
    `verdicts/${manifest.id}.json`,
    ...new Set([...manifest.tables.flatMap(({ chunks }) => chunks), ...manifest.blobs].map(({ name }) => name)),
  ];
  return new ReadableStream({
    async pull(controller) {
      for (let name = names.shift(); name !== undefined; name = names.shift()) {
        const bytes = await store.get(name);
        if (!bytes) continue;
        controller.enqueue(tarHeader({ path: name, sizeBytes: bytes.length, changedAt: manifest.createdAt }));
        controller.enqueue(bytes);
        controller.enqueue(tarPadding(bytes.length));
        return;
      }
      controller.enqueue(tarEnd());
      controller.close();
    },
  });
}
