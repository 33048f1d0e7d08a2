/** Two ways to read a body: as its bytes come, and at leisure beside somebody who delivers them. */

const firstBufferBytes = 4_096;
const mostBufferBytes = 65_536;

/** Reads what has come so far in one go, with room that grows when more is waiting: every read costs the same, however much it brings. */
export class ChunkReader {
  private readonly byob: ReadableStreamBYOBReader | undefined;
  private readonly plain: ReadableStreamDefaultReader<Uint8Array> | undefined;
  private room: number;

  constructor(body: ReadableStream, room = firstBufferBytes) {
    this.room = room;
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

  /** Not while a read waits. */
  release(): void {
    (this.byob ?? (this.plain as ReadableStreamDefaultReader)).releaseLock();
  }

  cancel(reason?: unknown): Promise<void> {
    return (this.byob ?? (this.plain as ReadableStreamDefaultReader)).cancel(reason);
  }
}

/** Between two reads of a stream that somebody else delivers. Waking JavaScript for every chunk costs more than carrying it. */
const leisureMs = 250;

/** Reads all that has come, then lets more come. */
export class LeisurelyReader {
  private readonly reader: ChunkReader;
  private isHurried = false;
  private hasRead = false;
  private wake = () => {};

  constructor(body: ReadableStream) {
    this.reader = new ChunkReader(body, mostBufferBytes);
  }

  async read(): Promise<Uint8Array | undefined> {
    if (this.hasRead && !this.isHurried) await this.rest();
    this.hasRead = true;
    return this.reader.read();
  }

  /** Nothing is to be waited for any more. */
  hurry(): void {
    this.isHurried = true;
    this.wake();
  }

  release(): void {
    this.reader.release();
  }

  cancel(reason?: unknown): Promise<void> {
    this.hurry();
    return this.reader.cancel(reason);
  }

  private rest(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, leisureMs);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
