/** The objects of an R2 bucket that the Worker is bound to, as an archive's entries. Nothing in it is changed. */

import type { TarEntry } from "./tar-reader.ts";

/** In the order of their keys. */
export async function* bucketEntries(bucket: R2Bucket): AsyncGenerator<TarEntry, void, undefined> {
  for (let cursor: string | undefined, more = true; more; ) {
    const page = await bucket.list(cursor === undefined ? {} : { cursor });
    for (const { key, size } of page.objects) {
      if (key.endsWith("/")) continue;
      yield {
        path: key.replace(/^(\.?\/)+/, ""),
        kind: "file",
        sizeBytes: size,
        bytes: async () => new Uint8Array((await (await bucket.get(key))?.arrayBuffer()) ?? new ArrayBuffer()),
      };
    }
    more = page.truncated;
    cursor = page.truncated ? page.cursor : undefined;
  }
}
