/**
 * Load over bare sockets: as many connections as wanted, each with one request at a time, either as fast as answers come or at a
 * steady rate. The same for every product; its own cost is the same for all and shows in the direct row.
 */

import { connect, type Socket } from "node:net";

export interface LoadTarget {
  port: number;
  path: string;
  headers: Record<string, string>;
  body: string;
}

export interface Timing {
  /** Milliseconds from the request to the end of its answer. */
  totals: number[];
  /** To the first body bytes. */
  firsts: number[];
  /** Gaps between chunks of streams. */
  gaps: number[];
  chunks: number;
  errors: number;
  seconds: number;
}

const now = () => performance.now();

class Connection {
  private readonly bytes: Buffer;
  private readonly port: number;
  private socket: Socket | undefined;

  constructor({ port, path, headers, body }: LoadTarget) {
    const lines = [
      `POST ${path} HTTP/1.1`,
      `host: 127.0.0.1:${port}`,
      "content-type: application/json",
      `content-length: ${Buffer.byteLength(body)}`,
    ];
    for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`);
    this.bytes = Buffer.from(`${lines.join("\r\n")}\r\n\r\n${body}`);
    this.port = port;
  }

  close(): void {
    this.socket?.destroy();
  }

  /** One request; resolves when its answer is whole. */
  async ask(timing: Timing): Promise<void> {
    this.socket ??= await open(this.port);
    const { socket } = this;
    const began = now();
    let first = 0;
    let last = 0;
    const end = new EndOfAnswer();
    await new Promise<void>((resolve) => {
      const finish = (failed: boolean) => {
        socket.off("data", take);
        socket.off("close", lost);
        if (failed) {
          timing.errors += 1;
          socket.destroy();
          this.socket = undefined;
        } else {
          timing.totals.push(now() - began);
          timing.firsts.push(first - began);
        }
        resolve();
      };
      const lost = () => finish(true);
      const take = (data: Buffer) => {
        const at = now();
        const seen = end.take(data);
        if (end.bodyBegan && first === 0) first = at;
        else if (seen > 0 && last > 0) timing.gaps.push(at - last);
        if (seen > 0) last = at;
        timing.chunks += seen;
        if (end.done) finish(end.status !== 200);
      };
      socket.on("data", take);
      socket.once("close", lost);
      socket.write(this.bytes);
    });
  }
}

function open(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true }, () => resolve(socket));
    socket.once("error", reject);
    socket.on("error", () => {});
  });
}

/** Finds the end of one answer: by its length, or by the last chunk. */
class EndOfAnswer {
  done = false;
  status = 0;
  bodyBegan = false;
  private head = "";
  private left = -1;
  private tail = "";

  /** Returns how many events (`data:`) came with these bytes; 0 outside of streams. */
  take(data: Buffer): number {
    let body = data.toString("latin1");
    if (!this.bodyBegan) {
      this.head += body;
      const at = this.head.indexOf("\r\n\r\n");
      if (at === -1) return 0;
      body = this.head.slice(at + 4);
      this.status = Number(this.head.slice(9, 12));
      const length = /content-length: *(\d+)/i.exec(this.head.slice(0, at))?.[1];
      this.left = length === undefined ? -1 : Number(length);
      this.bodyBegan = body.length > 0 || this.left === 0;
      this.head = body.length > 0 ? "" : this.head;
      if (!this.bodyBegan) return 0;
    }
    if (this.left >= 0) {
      this.left -= body.length;
      this.done = this.left <= 0;
      return 0;
    }
    this.tail = (this.tail + body).slice(-7);
    this.done = this.tail.endsWith("\r\n0\r\n\r\n");
    return body.split("data:").length - 1;
  }
}

const emptyTiming = (): Timing => ({ totals: [], firsts: [], gaps: [], chunks: 0, errors: 0, seconds: 0 });

/** As fast as `connections` can, for so long; `spreadMs`: they begin one after the other over that time. */
export async function saturate(target: LoadTarget, connections: number, seconds: number, spreadMs = 0): Promise<Timing> {
  const timing = emptyTiming();
  const began = now();
  const until = began + seconds * 1_000;
  await Promise.all(
    Array.from({ length: connections }, async (_, index) => {
      if (spreadMs > 0) await new Promise((resolve) => setTimeout(resolve, (index * spreadMs) / connections));
      const connection = new Connection(target);
      while (now() < until) await connection.ask(timing);
      connection.close();
    }),
  );
  timing.seconds = (now() - began) / 1_000;
  return timing;
}

/** So many requests a second, spread over connections that are kept. */
export async function atRate(target: LoadTarget, perSecond: number, seconds: number): Promise<Timing> {
  const timing = emptyTiming();
  const idle: Connection[] = [];
  const running: Promise<void>[] = [];
  const began = now();
  for (let index = 0; index < perSecond * seconds; index += 1) {
    const due = began + (index * 1_000) / perSecond;
    while (now() < due) await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - now())));
    const connection = idle.pop() ?? new Connection(target);
    running.push(connection.ask(timing).then(() => void idle.push(connection)));
  }
  await Promise.all(running);
  for (const connection of idle) connection.close();
  timing.seconds = (now() - began) / 1_000;
  return timing;
}
