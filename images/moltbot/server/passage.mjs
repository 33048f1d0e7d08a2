/**
 * From the assistant to the gateway. Who asks was decided before: here the request gets the identity that the gateway trusts,
 * under a header whose name is new with every start, and loses whatever it said about itself.
 */

import { request as httpRequest } from "node:http";

const hopByHop = ["connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"];
const own = /^(authorization|forwarded|x-forwarded-.*|x-real-ip|x-moltworker-.*|cf-.*|x-openclaw-scopes)$/;

export function createPassage({ gateway, generation }) {
  const stamp = { "x-moltworker-generation": String(generation) };
  let sockets = 0;

  function target(request, extra) {
    const scopes = request.headers["x-moltworker-scopes"];
    const headers = {};
    for (const [name, value] of Object.entries(request.headers))
      if (!own.test(name) && !hopByHop.includes(name)) headers[name] = value;
    const { port, proof, origin } = gateway.way();
    if (headers.origin) headers.origin = origin;
    return {
      host: "127.0.0.1",
      port,
      method: request.method,
      path: request.url,
      headers: {
        ...headers,
        ...proof,
        "x-openclaw-scopes": scopes ?? "",
        "x-forwarded-for": "203.0.113.1",
        "x-forwarded-proto": "http",
        host: new URL(origin).host,
        ...extra,
      },
    };
  }

  return {
    sockets: () => sockets,

    pass(request, response) {
      const inner = httpRequest(target(request, {}), (answer) => {
        const headers = { ...answer.headers, ...stamp };
        for (const name of hopByHop) delete headers[name];
        response.writeHead(answer.statusCode, headers);
        answer.pipe(response);
      });
      inner.on("error", (error) => {
        if (response.headersSent) return response.destroy();
        response.writeHead(502, { ...stamp, "content-type": "application/json" });
        response.end(JSON.stringify({ error: `the gateway does not answer (${error.code})` }));
      });
      response.on("close", () => inner.destroy());
      request.pipe(inner);
    },

    join(request, socket, head) {
      if (!gateway.isReady()) return socket.end("HTTP/1.1 503 Not Ready\r\ncontent-length: 0\r\n\r\n");
      const inner = httpRequest(target(request, { connection: "Upgrade", upgrade: "websocket" }));
      inner.on("upgrade", (answer, way, first) => {
        const lines = Object.entries({ ...answer.headers, ...stamp }).map(([name, value]) => `${name}: ${value}`);
        socket.write(`HTTP/1.1 101 Switching Protocols\r\n${lines.join("\r\n")}\r\n\r\n`);
        socket.write(first);
        way.write(head);
        way.pipe(socket);
        socket.pipe(way);
        sockets += 1;
        let isOpen = true;
        for (const end of [socket, way]) {
          end.on("error", () => {});
          end.on("close", () => {
            socket.destroy();
            way.destroy();
            if (isOpen) sockets -= 1;
            isOpen = false;
          });
        }
      });
      inner.on("response", (answer) => {
        socket.end(
          `HTTP/1.1 ${answer.statusCode} Refused\r\n${Object.entries(stamp).map((pair) => pair.join(": "))}\r\ncontent-length: 0\r\n\r\n`,
        );
        answer.resume();
      });
      inner.on("error", () => socket.destroy());
      inner.end();
    },
  };
}
