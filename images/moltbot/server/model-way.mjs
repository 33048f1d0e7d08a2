/**
 * The gateway's way to models: a plain address on this machine that leads to the assistant's AI gateway. No key is added here
 * and none is known: the assistant knows the container by its network. Whatever credential the gateway sends ends here.
 */

import { createServer, request as httpRequest } from "node:http";

const name = "ai-gateway.moltworker.internal";
const proxy = { host: "127.0.0.1", port: 3128 };

export async function createModelWay({ viaProxy }) {
  const server = createServer((request, response) => {
    const headers = { ...request.headers, host: name };
    for (const dropped of ["authorization", "x-api-key", "connection", "proxy-authorization"]) delete headers[dropped];
    const where = viaProxy ? { ...proxy, path: `http://${name}${request.url}` } : { host: name, port: 80, path: request.url };
    const outer = httpRequest({ ...where, method: request.method, headers }, (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response);
    });
    outer.on("error", (error) => {
      if (response.headersSent) return response.destroy();
      response.writeHead(502, { "content-type": "application/json" });
      response.end(JSON.stringify({ error: { message: `the assistant's AI gateway does not answer (${error.code})` } }));
    });
    response.on("close", () => outer.destroy());
    request.pipe(outer);
  });
  server.requestTimeout = 0;
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: server.address().port,
    /** Says to the assistant that the gateway has ended. One that does not hear it finds out by itself. */
    tellEnded() {
      const path = "/moltworker/ended";
      const where = viaProxy ? { ...proxy, path: `http://${name}${path}` } : { host: name, port: 80, path };
      const call = httpRequest({ ...where, method: "POST", headers: { host: name }, timeout: 10_000 }, (answer) =>
        answer.resume(),
      );
      call.on("timeout", () => call.destroy());
      call.on("error", () => {});
      call.end();
    },
  };
}
