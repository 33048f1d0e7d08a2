/** Two ways to read a body: as its bytes come, and at leisure beside somebody who delivers them. */

const firstBufferBytes = 4_096;
const mostBufferBytes = 65_536;

/** Reads what has come so far in one go, with room that grows when more is waiting: every read costs the same, however much it brings. */
export class ChunkReader {
  private readonly byob: ReadableStreamBYOBReader | undefined;
  private readonly plain: ReadableStreamDefaultReader<Uint8Array> | undefined;
  private room = firstBufferBytes;

  constructor(body: ReadableStream) {
    try {
      this.byob = body.getReader({ mode: "byob" });
    } catch {
      // Not a stream of bytes by its kind; its chunks are.
      this.plain = body.getReader() as ReadableStreamDefaultReader<Uint8Array>;
    }
  }

  async read(): Promise<Uint8Array | undefined> {
    if (this.plain) {
      const { done, value } = await this.plain.read();
      return done ? undefined : value;
    }
    const { done, value } = await (this.byob as ReadableStreamBYOBReader).read(new Uint8Array(this.room));
    if (done || !value) return undefined;
    if (value.length === this.room) this.room = Math.min(mostBufferBytes, this.room * 4);
    return value;
  }

  /** Much is to be expected of each read from now on. */
  widen(): void {
    this.room = mostBufferBytes;
  }

  cancel(reason?: unknown): Promise<void> {
    return (this.byob ?? (this.plain as ReadableStreamDefaultReader)).cancel(reason);
  }
}

/** Reads all that has come, then lets more come. */
export class LeisurelyReader {
  private readonly reader: ChunkReader;
  private readonly restMs: number;
  private isHurried = false;
  private wake = () => {};

  /** Not while `reader` waits. */
  constructor(reader: ChunkReader, restMs: number) {
    this.reader = reader;
    this.restMs = restMs;
    reader.widen();
  }

  async read(): Promise<Uint8Array | undefined> {
    if (!this.isHurried) await this.rest();
    return this.reader.read();
  }

  /** Nothing is to be waited for any more. */
  hurry(): void {
    this.isHurried = true;
    this.wake();
  }

  cancel(reason?: unknown): Promise<void> {
    this.hurry();
    return this.reader.cancel(reason);
  }

  private rest(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, this.restMs);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
