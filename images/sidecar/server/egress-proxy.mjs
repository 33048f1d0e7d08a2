/**
 * The tools' way out: an HTTP proxy. `CONNECT` for https, whole addresses for http. A plain request to a name whose
 * credential the owner keeps goes to the assistant, which adds the credential and goes on by https: no secret is ever here.
 */

import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import { resolveAllowed } from "./rules.mjs";

export function createEgressProxy({ rules, way, log }) {
  const refuse = (error, host) => {
    log(`refused ${host}: ${error.message}`);
    return { status: error.status ?? 502, text: `moltworker: ${error.message}\n` };
  };

  return {
    async connect(request, client, head) {
      client.on("error", () => {});
      const [host, port] = request.url.split(/:(?=\d+$)/);
      try {
        const address = await resolveAllowed(rules, host, Number(port));
        const outer = connect(Number(port), address, () => {
          client.write("HTTP/1.1 200 Connection Established\r\n\r\n");
          outer.write(head);
          outer.pipe(client);
          client.pipe(outer);
        });
        outer.on("error", () => client.destroy());
        client.on("close", () => outer.destroy());
      } catch (error) {
        const { status, text } = refuse(error, host);
        client.end(`HTTP/1.1 ${status} Refused\r\ncontent-type: text/plain\r\ncontent-length: ${text.length}\r\n\r\n${text}`);
      }
    },

    async request(request, response) {
      let url;
      try {
        url = new URL(request.url);
        if (url.protocol !== "http:") throw new Error("only http and https can be reached");
      } catch (error) {
        response.writeHead(400).end(`moltworker: ${error.message}\n`);
        return;
      }
      const headers = { ...request.headers, host: url.host };
      for (const name of ["proxy-connection", "proxy-authorization", "connection", "x-moltworker-egress"]) delete headers[name];
      try {
        const options = rules.credentials.includes(url.hostname)
          ? {
              createConnection: undefined,
              ...(await throughAssistant(way(), url)),
              headers: { ...headers, "x-moltworker-egress": rules.secret },
            }
          : { host: await resolveAllowed(rules, url.hostname, Number(url.port || 80)), port: Number(url.port || 80), headers };
        const outer = httpRequest(
          { ...options, method: request.method, path: url.pathname + url.search, setHost: false },
          (answer) => {
            response.writeHead(answer.statusCode, answer.headers);
            answer.pipe(response);
          },
        );
        outer.on("error", () =>
          response.headersSent ? response.destroy() : response.writeHead(502).end("moltworker: no answer\n"),
        );
        response.on("close", () => outer.destroy());
        request.pipe(outer);
      } catch (error) {
        const { status, text } = refuse(error, url.hostname);
        response.writeHead(status, { "content-type": "text/plain" }).end(text);
      }
    },
  };
}

/** A tunnel to the assistant's own handler of outbound requests, as workerd offers it at the gateway. */
function throughAssistant({ host, port }, url) {
  return new Promise((resolve, reject) => {
    const fail = () => reject(Object.assign(new Error("the assistant does not take this request"), { status: 502 }));
    if (!port) return fail();
    const socket = connect(port, host, () => {
      const name = `${url.hostname}:${url.port || 80}`;
      socket.write(`CONNECT ${name} HTTP/1.1\r\nHost: ${name}\r\nX-Hostname: ${url.hostname}\r\n\r\n`);
    });
    let seen = "";
    const read = (chunk) => {
      seen += chunk.toString("latin1");
      if (!seen.includes("\r\n\r\n")) return;
      socket.off("data", read);
      if (/^HTTP\/1\.1 200/.test(seen)) resolve({ createConnection: () => socket });
      else fail();
    };
    socket.on("data", read);
    socket.on("error", fail);
  });
}
