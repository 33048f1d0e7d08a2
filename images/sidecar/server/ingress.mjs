/** Port 39001, as workerd speaks to it: CONNECT to a port of the container, and a few facts about the way out. */

import { connect } from "node:net";

const holdMs = 1_000;
const againMs = 4;

export function createIngress({ isInside, heard, refusedPorts, onEgress }) {
  return {
    request(request, response) {
      if (isInside(request.socket)) {
        response.writeHead(403).end();
        return;
      }
      heard();
      if (request.method === "GET") {
        response.end("");
        return;
      }
      const chunks = [];
      request.on("data", (chunk) => chunks.push(chunk));
      request.on("end", () => {
        try {
          if (request.url === "/egress") onEgress(JSON.parse(Buffer.concat(chunks).toString("utf8")));
          response.end();
        } catch {
          response.writeHead(400).end();
        }
      });
    },

    connect(request, client, head) {
      client.on("error", () => {});
      const [host, port] = String(request.headers["x-dst-addr"] ?? request.url).split(/:(?=\d+$)/);
      if (isInside(client) || host !== "127.0.0.1" || refusedPorts.has(Number(port))) {
        client.end("HTTP/1.1 403 Forbidden\r\n\r\n");
        return;
      }
      heard();
      join(client, head, Number(port), performance.now() + holdMs);
    },
  };

  /** A program that starts is waited for: the caller is answered in the moment that it listens, not at its next try. */
  function join(client, head, port, deadline) {
    const inner = connect(port, "127.0.0.1");
    let isJoined = false;
    const leave = () => inner.destroy();
    client.once("close", leave);
    inner.once("connect", () => {
      isJoined = true;
      client.write("HTTP/1.1 200 OK\r\n\r\n");
      inner.write(head);
      inner.pipe(client);
      client.pipe(inner);
    });
    inner.on("data", heard);
    inner.on("error", () => {
      client.off("close", leave);
      if (client.destroyed) return;
      if (isJoined) client.destroy();
      else if (performance.now() < deadline) setTimeout(() => client.destroyed || join(client, head, port, deadline), againMs);
      // workerd reads 400 as "nothing listens there yet".
      else client.end("HTTP/1.1 400 Bad Request\r\n\r\n");
    });
  }
}
