/**
 * The server inside the sandbox container. It runs as root with three capabilities (to become the tool user and to end its
 * processes) and does nothing with files itself: those are the business of a worker that runs as the tool user, with no more
 * rights than the tools have. Every request must carry this generation and its secret; every answer carries the generation.
 */

import { createServer } from "node:http";
import { createFence } from "./fence.mjs";
import { createFiles } from "./files-client.mjs";
import { createJobs } from "./jobs.mjs";
import { createRoutes } from "./routes.mjs";

const port = 8080;

// What proves the caller is taken out of the environment before anything else runs.
const generation = Number(process.env.MOLTWORKER_GENERATION);
const secret = process.env.MOLTWORKER_GENERATION_SECRET ?? "";
const image = process.env.MOLTWORKER_IMAGE ?? "";
const leaseMs = Number(process.env.MOLTWORKER_LEASE_SECONDS ?? 45) * 1_000;
delete process.env.MOLTWORKER_GENERATION_SECRET;
if (!Number.isSafeInteger(generation) || generation < 1 || secret.length < 32) {
  console.error("the container was started without a generation and its secret");
  process.exit(78);
}

const fence = createFence({ generation, secret, leaseMs, onLapse: () => end(75, "nobody has asked for this container") });
const files = createFiles();
// Beside the start of this process, not after it: the first command needs both.
files.start();
const jobs = createJobs({ sweep: files.sweep });
const handle = createRoutes({ fence, files, jobs, image });

function end(code, reason) {
  console.error(`ending: ${reason}`);
  jobs.endAll();
  process.exit(code);
}

const server = createServer((request, response) => void handle(request, response));
server.requestTimeout = 0;
server.keepAliveTimeout = 30_000;
server.listen(port, "0.0.0.0", () => console.log(`generation ${generation} is ready`));
for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => end(0, `signal ${signal}`));
process.on("uncaughtException", (error) => end(70, error.stack ?? String(error)));
