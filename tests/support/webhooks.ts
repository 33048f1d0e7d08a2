/** The two sides of a webhook in tests: requests as senders sign them, and a receiver that remembers what it got. */

import { createHmac } from "node:crypto";
import { createServer, type Server as HttpServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";

type Headers = Record<string, string>;

const hmac = (key: string | Buffer, text: string) => createHmac("sha256", key).update(text);
const keyOf = (secret: string) => (secret.startsWith("whsec_") ? Buffer.from(secret.slice(6), "base64") : secret);

/** Seconds from now, for signatures that are late or early. */
const at = (offsetSeconds: number) => String(Math.floor(Date.now() / 1_000) + offsetSeconds);

export function signedStandard(secret: string, body: string, id: string, offsetSeconds = 0): Headers {
  const timestamp = at(offsetSeconds);
  const signature = hmac(keyOf(secret), `${id}.${timestamp}.${body}`).digest("base64");
  return { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": `v1,${signature}` };
}

export function signedGithub(secret: string, body: string): Headers {
  return { "x-hub-signature-256": `sha256=${hmac(secret, body).digest("hex")}`, "x-github-event": "push" };
}

export function signedTimestamped(secret: string, body: string, offsetSeconds = 0): Headers {
  const timestamp = at(offsetSeconds);
  return { "x-signature": `t=${timestamp},v1=${hmac(secret, `${timestamp}.${body}`).digest("hex")}` };
}

export interface Received {
  headers: IncomingHttpHeaders;
  body: { id: string; text: string; chatId: string; type: string };
  raw: string;
}

export interface Receiver {
  url: string;
  received: Received[];
  /** Answers for the next requests, in order; afterwards 200. `cut`: taken in, and the connection closed without an answer. */
  next: (number | "cut")[];
  /** Resolves when so many came in. */
  reaches(count: number): Promise<Received[]>;
  close(): Promise<void>;
}

export async function startReceiver(): Promise<Receiver> {
  const waiters = new Set<() => void>();
  const receiver = { url: "", received: [] as Received[], next: [] as (number | "cut")[] };
  const server: HttpServer = createServer((request, response) => {
    let raw = "";
    request.on("data", (chunk) => (raw += chunk));
    request.on("end", () => {
      receiver.received.push({ headers: request.headers, body: JSON.parse(raw), raw });
      const status = receiver.next.shift() ?? 200;
      for (const waiter of waiters) waiter();
      if (status === "cut") return void request.socket.destroy();
      response.writeHead(status, { "content-type": "application/json", ...(status === 429 ? { "retry-after": "1" } : {}) });
      response.end(JSON.stringify({ id: `receipt-${receiver.received.length}` }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  receiver.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/in`;
  return Object.assign(receiver, {
    reaches: (count: number) =>
      new Promise<Received[]>((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`${receiver.received.length} of ${count} came in within 30 s`)), 30_000);
        const look = () => {
          if (receiver.received.length < count) return;
          clearTimeout(timer);
          waiters.delete(look);
          resolve(receiver.received);
        };
        waiters.add(look);
        look();
      }),
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  });
}
