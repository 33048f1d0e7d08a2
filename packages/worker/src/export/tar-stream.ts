/** A tar archive as it is made: each file's content is held one at a time. */

import { joined, tarEnd, tarHeader, tarPadding } from "@moltworker/protocol/tar";

export interface ExportFile {
  path: string;
  content: Uint8Array | string;
}

/** Pulls the files one after the other, as fast as the reader takes them. */
export function tarStream(files: AsyncIterable<ExportFile>, nowMs: number): ReadableStream<Uint8Array> {
  const iterator = files[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await iterator.next();
      if (!done) return controller.enqueue(entry(value, nowMs));
      controller.enqueue(tarEnd());
      controller.close();
    },
    async cancel() {
      await iterator.return?.();
    },
  });
}

function entry({ path, content: given }: ExportFile, nowMs: number): Uint8Array {
  const content = typeof given === "string" ? new TextEncoder().encode(given) : given;
  const head = tarHeader({ path, sizeBytes: content.length, mode: 0o644, changedAt: nowMs });
  return joined([head, content, tarPadding(content.length)]);
}
