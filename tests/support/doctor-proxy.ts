/** What stands between a person and the assistant, with the faults that such things have. Loopback only. */

import { createServer, type IncomingMessage, request, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import type { Duplex } from "node:stream";

export interface ProxyFaults {
  /** Host header that the assistant sees. */
  host?: string;
  /** Headers that it adds to every request. */
  adds?: Record<string, string>;
  /** Milliseconds that the `Date` header is ahead. */
  dateSkewMs?: number;
  /** `drop`: the upgrade goes on as a plain request. `silent`: it opens, and nothing comes. */
  upgrade?: "drop" | "silent";
  /** Changes an answer's body. */
  body?(text: string): string;
}

export interface Proxy {
  url: string;
  close(): Promise<void>;
}

export async function startProxy(target: { port: number }, faults: ProxyFaults): Promise<Proxy> {
  const headersFor = (incoming: IncomingMessage) => ({
    ...incoming.headers,
    ...faults.adds,
    ...(faults.host ? { host: faults.host } : {}),
  });
  const server = createServer((incoming, outgoing) => {
    const { upgrade: _upgrade, connection: _connection, ...headers } = headersFor(incoming);
    const forwarded = request(
      { host: "127.0.0.1", port: target.port, method: incoming.method ?? "GET", path: incoming.url ?? "/", headers },
      async (answer) => {
        const chunks: Buffer[] = [];
        for await (const chunk of answer) chunks.push(chunk as Buffer);
        const text = Buffer.concat(chunks).toString("utf8");
        const { "content-length": _length, "transfer-encoding": _encoding, ...rest } = answer.headers;
        outgoing.writeHead(answer.statusCode ?? 502, {
          ...rest,
          date: new Date(Date.now() + (faults.dateSkewMs ?? 0)).toUTCString(),
        });
        outgoing.end(faults.body ? faults.body(text) : text);
      },
    );
    incoming.pipe(forwarded);
  });
  if (faults.upgrade !== "drop") server.on("upgrade", (incoming, socket) => passUpgrade(incoming, socket));
  function passUpgrade(incoming: IncomingMessage, socket: Duplex): void {
    if (faults.upgrade === "silent") {
      socket.end("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
      return;
    }
    const far = connect(target.port, "127.0.0.1");
    const lines = Object.entries(headersFor(incoming)).map(([name, value]) => `${name}: ${value}`);
    far.write(`GET ${incoming.url} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`);
    far.pipe(socket).pipe(far);
    far.on("error", () => socket.destroy());
    socket.on("error", () => far.destroy());
  }
  return listening(server);
}

/** A server that answers everything, upgrades too, with one status, and remembers the secrets it was given. */
export async function startStranger(
  status: number,
  headers: Record<string, string> = {},
): Promise<Proxy & { authorizations: string[] }> {
  const authorizations: string[] = [];
  const server = createServer((incoming, answer) => {
    if (incoming.headers.authorization) authorizations.push(incoming.headers.authorization);
    answer.writeHead(status, headers).end("hello");
  });
  return { ...(await listening(server)), authorizations };
}

async function listening(server: Server): Promise<Proxy> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
