/** Files as a tar archive, one after the other, so that no more than one piece of one file is in memory. */

import { tarEnd, tarHeader, tarPadding } from "@moltworker/protocol/tar";

/** Where an import comes from: files by path, whatever they lie in. */
export interface SourceFile {
  path: string;
  sizeBytes: number;
  /** Its pieces, in order. What throws ends the file, not the archive. */
  content(): AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

export interface Skipped {
  path: string;
  why: string;
}

/** What cannot be read to its end is told to `skip`; zeroes stand for what is missing. */
export async function* tarOf(
  files: AsyncIterable<SourceFile> | Iterable<SourceFile>,
  skip: (skipped: Skipped) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const { path, sizeBytes, content } of files) {
    yield tarHeader({ path, sizeBytes });
    let left = sizeBytes;
    try {
      for await (const piece of content()) {
        // A file that grows meanwhile is taken as far as it was when its header was written.
        const part = piece.subarray(0, left);
        left -= part.length;
        yield part;
        if (left === 0) break;
      }
    } catch (error) {
      skip({ path, why: (error as Error).message });
    }
    for (; left > 0; left -= Math.min(left, 1_048_576)) yield new Uint8Array(Math.min(left, 1_048_576));
    yield tarPadding(sizeBytes);
  }
  yield tarEnd();
}
