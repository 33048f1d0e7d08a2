/** A body in pieces as large as what has come, where its kind allows: by itself the runtime hands over a few kilobytes at a time. */

export interface Pieces {
  read(): Promise<{ value?: Uint8Array | undefined; done: boolean }>;
  /** Never rejects. */
  cancel(reason?: unknown): Promise<void>;
}

const pieceBytes = 65_536;

export function piecesOf(body: ReadableStream<Uint8Array>): Pieces {
  try {
    const reader = body.getReader({ mode: "byob" });
    return {
      read: () => reader.read(new Uint8Array(pieceBytes)),
      cancel: (reason) => reader.cancel(reason).catch(() => undefined),
    };
  } catch {
    // Not a stream of bytes by its kind; its chunks are.
    const reader = body.getReader();
    return { read: () => reader.read(), cancel: (reason) => reader.cancel(reason).catch(() => undefined) };
  }
}
