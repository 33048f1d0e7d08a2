/** Port 39001, as workerd speaks to it: CONNECT to a port of the container, and a few facts about the way out. */

import { connect } from "node:net";

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
      const inner = connect(Number(port), "127.0.0.1", () => {
        client.write("HTTP/1.1 200 OK\r\n\r\n");
        inner.write(head);
        inner.pipe(client);
        client.pipe(inner);
      });
      // workerd reads 400 as "nothing listens there yet".
      inner.on("error", () =>
        inner.bytesRead === 0 && !client.destroyed ? client.end("HTTP/1.1 400 Bad Request\r\n\r\n") : client.destroy(),
      );
      inner.on("data", heard);
      client.on("close", () => inner.destroy());
    },
  };
}
