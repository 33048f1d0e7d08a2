/** One snapshot as a tar stream: its manifest, its verdict and every object that it names, as they lie in the store. */

import type { Manifest } from "./manifest.ts";
import type { SnapshotStore } from "./store.ts";

const block = 512;

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
        controller.enqueue(tarHeader(name, bytes.length, manifest.createdAt));
        controller.enqueue(bytes);
        controller.enqueue(new Uint8Array((block - (bytes.length % block)) % block));
        return;
      }
      controller.enqueue(new Uint8Array(2 * block));
      controller.close();
    },
  });
}

/** A ustar header. Our names are plain ASCII and shorter than a hundred characters. */
function tarHeader(name: string, size: number, atMs: number): Uint8Array {
  const header = new Uint8Array(block);
  const write = (at: number, text: string) => header.set(new TextEncoder().encode(text), at);
  const octal = (value: number, digits: number) => `${value.toString(8).padStart(digits, "0")}\0`;
  write(0, name);
  write(100, octal(0o600, 7));
  write(108, octal(0, 7));
  write(116, octal(0, 7));
  write(124, octal(size, 11));
  write(136, octal(Math.floor(atMs / 1_000), 11));
  write(148, " ".repeat(8));
  write(156, "0");
  write(257, "ustar\x0000");
  const sum = header.reduce((total, byte) => total + byte, 0);
  write(148, `${sum.toString(8).padStart(6, "0")}\0 `);
  return header;
}
