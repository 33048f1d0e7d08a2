/** Addresses of the front. Its own begin with `/moltworker/`; everything else is the gateway's, once it is ready. */

import { createInterface } from "node:readline";

export function createRoutes({ fence, home, gateway, passage }) {
  const state = () => ({ ...gateway.state(), home: home.state(), sockets: passage.sockets() });
  const routes = {
    "GET /moltworker/state": async (_request, answer) => answer.json(state()),
    "POST /moltworker/restore": async (request, answer) => answer.json(await home.restore(linesOf(request))),
    "POST /moltworker/prove": async (request, answer) => answer.json(await home.prove(linesOf(request))),
    "POST /moltworker/save": async (request, answer) => {
      const { have = [], last = "" } = await bodyOf(request);
      await answer.lines(home.save({ have: new Set(have), last }));
    },
    "POST /moltworker/start": async (request, answer) => answer.json(gateway.start(await bodyOf(request))),
    "POST /moltworker/stop": async (_request, answer) => {
      await gateway.stop(10_000);
      answer.json(state());
    },
  };

  return async (request, response) => {
    const answer = answering(response, fence.generation);
    try {
      const refusal = fence.refuse(request);
      if (refusal) return answer.json({ error: refusal.error, generation: fence.generation }, refusal.status);
      const { pathname } = new URL(request.url, "http://container");
      if (pathname === "/ready" && request.method === "GET") {
        // A gateway that hangs makes the container unfit; one that was not begun, or has ended, can be spoken about.
        const now = state();
        return answer.json(
          { generation: fence.generation, jobs: gateway.isRunning() ? 1 : 0, ...now },
          now.phase === "hung" ? 503 : 200,
        );
      }
      const route = routes[`${request.method} ${pathname}`];
      if (route) return await route(request, answer);
      if (pathname.startsWith("/moltworker/")) return answer.json({ error: "there is nothing at this address" }, 404);
      if (!gateway.isReady()) return answer.json({ error: "the gateway is not ready", ...state() }, 503);
      passage.pass(request, response);
    } catch (error) {
      answer.fail(error);
    }
  };
}

function answering(response, generation) {
  const head = { "x-moltworker-generation": String(generation), "cache-control": "no-store" };
  return {
    json(value, status = 200) {
      response.writeHead(status, { ...head, "content-type": "application/json" });
      response.end(JSON.stringify(value));
    },
    /** Objects one a line, no faster than they are read. */
    async lines(values) {
      response.writeHead(200, { ...head, "content-type": "application/x-ndjson" });
      for await (const value of values) {
        if (response.destroyed) return;
        if (!response.write(`${JSON.stringify(value)}\n`))
          await new Promise((resolve) => {
            response.once("drain", resolve);
            response.once("close", resolve);
          });
      }
      response.end();
    },
    fail(error) {
      if (response.headersSent) response.end(`${JSON.stringify({ type: "error", error: error.message })}\n`);
      else this.json({ error: error.message }, error.status ?? 500);
    },
  };
}

async function* linesOf(request) {
  for await (const line of createInterface({ input: request, crlfDelay: Number.POSITIVE_INFINITY }))
    if (line !== "") yield JSON.parse(line);
}

async function bodyOf(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return chunks.length === 0 ? {} : JSON.parse(Buffer.concat(chunks).toString("utf8"));
}
