/**
 * Reads one HTTP/1.1 answer from the pieces of a plain socket. It ends where its own framing says, since a server may keep the
 * connection whatever it was asked; without framing it ends with the connection.
 */

export interface HttpAnswer {
  /** 0 when it was cut before its first line. */
  status: number;
  body: Buffer;
}

interface Head {
  status: number;
  isChunked: boolean;
  /** Of the body, bytes; undefined when it is chunked or goes on until the connection ends. */
  length: number | undefined;
}

const headEnd = "\r\n\r\n";

export class AnswerReader {
  private head: Head | undefined;
  /** Received and not yet taken apart. */
  private rest: Buffer[] = [];
  private restLength = 0;
  private body: Buffer[] = [];
  private isWhole = false;

  /** True when the answer is whole. */
  take(bytes: Buffer): boolean {
    this.rest.push(bytes);
    this.restLength += bytes.length;
    if (!this.head) this.readHead();
    if (this.head?.isChunked) while (this.readChunk());
    else if (this.head?.length !== undefined) this.isWhole ||= this.restLength >= this.head.length;
    return this.isWhole;
  }

  /** What came, once it is whole or the connection has ended. Undefined when it was cut inside its body. */
  answer(): HttpAnswer | undefined {
    if (!this.head) return { status: 0, body: Buffer.alloc(0) };
    const { status, isChunked, length } = this.head;
    if (!this.isWhole && (isChunked || length !== undefined)) return undefined;
    const body = Buffer.concat(isChunked ? this.body : this.rest);
    return { status, body: length === undefined ? body : body.subarray(0, length) };
  }

  private readHead(): void {
    const all = this.joined();
    const end = all.indexOf(headEnd);
    if (end === -1) return;
    const text = all.toString("latin1", 0, end);
    const isChunked = /\r\ntransfer-encoding:[^\r]*chunked/i.test(text);
    const length = /\r\ncontent-length: *(\d+)/i.exec(text)?.[1];
    this.head = {
      status: Number(/^HTTP\/1\.\d (\d{3})/.exec(text)?.[1] ?? 0),
      isChunked,
      length: isChunked || length === undefined ? undefined : Number(length),
    };
    this.keep(all.subarray(end + headEnd.length));
  }

  /** Takes one chunk off. False when it has not come whole yet, or was the last. */
  private readChunk(): boolean {
    const all = this.joined();
    const lineEnd = all.indexOf("\r\n");
    if (lineEnd === -1) return false;
    const size = Number.parseInt(all.toString("latin1", 0, lineEnd), 16);
    const start = lineEnd + 2;
    if (all.length < start + size + 2) return false;
    if (!(size > 0)) {
      this.isWhole = size === 0;
      return false;
    }
    this.body.push(all.subarray(start, start + size));
    this.keep(all.subarray(start + size + 2));
    return true;
  }

  private joined(): Buffer {
    const all = this.rest.length === 1 ? (this.rest[0] as Buffer) : Buffer.concat(this.rest);
    this.keep(all);
    return all;
  }

  private keep(bytes: Buffer): void {
    this.rest = [bytes];
    this.restLength = bytes.length;
  }
}
