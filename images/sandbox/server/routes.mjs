/** The few addresses of the server. Streams are NDJSON: one object a line; files are frames. */

import { frameHead, framesOf } from "./frames.mjs";

const longestBody = 1_500_000;

export function createRoutes({ fence, files, jobs, image }) {
  const startedAt = Date.now();
  const routes = {
    "GET /ready": async (_request, answer) =>
      answer.json({ generation: fence.generation, image, startedAt, jobs: jobs.running(), node: process.versions.node }),
    "POST /exec": async (request, answer) => {
      const spec = await bodyOf(request);
      const stream = answer.stream();
      const job = jobs.start(spec, stream);
      answer.onGone(() => jobs.kill(job.id, "the caller went away"));
      await job.ended;
      await stream.end();
    },
    "POST /jobs": async (request, answer) => answer.json(jobs.start(await bodyOf(request)).row()),
    "GET /jobs": async (_request, answer) => answer.json({ jobs: jobs.list() }),
    "GET /jobs/:id": async (_request, answer, { id, query }) =>
      answer.json(await jobs.read(id, Number(query.get("after") ?? 0), Number(query.get("waitMs") ?? 0))),
    "DELETE /jobs/:id": async (_request, answer, { id }) => answer.json(jobs.kill(id, "it was stopped")),
    "POST /files/sync": async (request, answer) =>
      answer.json(await files.ask({ op: "sync", ...(await bodyOf(request, 8_000_000)) })),
    "POST /files/write": async (request, answer) => {
      let written = 0;
      for await (const { row, data } of framesOf(request)) {
        await files.ask({ op: "write", ...row }, data);
        written += 1;
      }
      await files.ask({ op: "keep" });
      answer.json({ written });
    },
    "POST /files/changes": async (request, answer) => answer.json(await files.ask({ op: "changes", ...(await bodyOf(request)) })),
    "POST /files/read": async (request, answer) => {
      const { paths } = await bodyOf(request, 8_000_000);
      const stream = answer.stream();
      for (const path of paths) {
        const { data, ...row } = await files.ask({ op: "read", path });
        await stream.send({ path, ...row }, data);
      }
      await stream.end();
    },
  };

  return async (request, response) => {
    const answer = answering(response, fence.generation);
    try {
      const refusal = fence.refuse(request);
      if (refusal) return answer.json({ error: refusal.error, generation: fence.generation }, refusal.status);
      const url = new URL(request.url, "http://container");
      const [, first, second] = url.pathname.split("/");
      const known = second && first === "jobs" ? `${request.method} /jobs/:id` : `${request.method} ${url.pathname}`;
      const route = routes[known];
      if (!route) return answer.json({ error: "there is nothing at this address" }, 404);
      await route(request, answer, { id: second, query: url.searchParams });
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
    stream() {
      response.writeHead(200, { ...head, "content-type": "application/x-ndjson" });
      response.flushHeaders();
      return {
        /** Waits while the reader is behind, so that output is held back at its source. */
        send(value, data) {
          if (response.destroyed) return Promise.resolve();
          const head = response.write(frameHead(value, data));
          if (data?.length > 0 ? response.write(data) : head) return Promise.resolve();
          return new Promise((resolve) => {
            response.once("drain", resolve);
            response.once("close", resolve);
          });
        },
        end: () => new Promise((resolve) => (response.destroyed ? resolve() : response.end(resolve))),
      };
    },
    onGone(act) {
      response.once("close", () => response.writableFinished || act());
    },
    fail(error) {
      const status = error.status ?? 500;
      if (response.headersSent) response.end(`${JSON.stringify({ type: "error", error: error.message })}\n`);
      else this.json({ error: error.message }, status);
    },
  };
}

async function bodyOf(request, most = longestBody) {
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > most) throw Object.assign(new Error(`the request is longer than ${most} bytes`), { status: 413 });
    chunks.push(chunk);
  }
  return chunks.length === 0 ? {} : JSON.parse(Buffer.concat(chunks).toString("utf8"));
}
