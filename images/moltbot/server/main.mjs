/**
 * The front of a hosted OpenClaw: the only program here that listens outside, and only for its own generation. It restores the
 * home, chooses the settings, starts the unmodified gateway on a port that nobody knows beforehand, and passes on to it what
 * the assistant has authenticated. What it says of itself comes from the gateway's own health, never from an open port.
 */

import { createServer } from "node:http";
import { createFence } from "./fence.mjs";
import { createGateway } from "./gateway.mjs";
import { createHome } from "./home.mjs";
import { createModelWay } from "./model-way.mjs";
import { createPassage } from "./passage.mjs";
import { createRoutes } from "./routes.mjs";

const port = 8080;
const generation = Number(process.env.MOLTWORKER_GENERATION);
const secret = process.env.MOLTWORKER_GENERATION_SECRET ?? "";
const leaseMs = Number(process.env.MOLTWORKER_LEASE_SECONDS ?? 45) * 1_000;
const viaProxy = process.env.MOLTWORKER_WAY_OUT === "proxy";
const root = process.env.MOLTWORKER_HOME ?? "/home/assistant";
const program = process.env.MOLTWORKER_OPENCLAW ?? "/opt/openclaw/node_modules/openclaw";
for (const name of Object.keys(process.env)) if (name.startsWith("MOLTWORKER_")) delete process.env[name];
if (!Number.isSafeInteger(generation) || generation < 1 || secret.length < 32) {
  console.error("the container was started without a generation and its secret");
  process.exit(78);
}

const fence = createFence({ generation, secret, leaseMs, onLapse: () => void end(75, "nobody has asked for this container") });
const home = createHome({ root });
const models = await createModelWay({ viaProxy });
const gateway = createGateway({ home, program, modelsPort: models.port, onEnded: models.tellEnded });
const passage = createPassage({ gateway, generation });
const handle = createRoutes({ fence, home, gateway, passage });

let ending = false;
async function end(code, reason) {
  if (ending) return;
  ending = true;
  console.error(`ending: ${reason}`);
  await gateway.stop(3_500);
  process.exit(code);
}

const server = createServer((request, response) => void handle(request, response));
server.on("upgrade", (request, socket, head) => {
  socket.on("error", () => {});
  const refusal = fence.refuse(request);
  if (refusal) return socket.end(`HTTP/1.1 ${refusal.status} Refused\r\ncontent-length: 0\r\n\r\n`);
  passage.join(request, socket, head);
});
server.requestTimeout = 0;
server.keepAliveTimeout = 30_000;
server.listen(port, "0.0.0.0", () => console.log(`generation ${generation} of the front is ready`));
for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => void end(0, `signal ${signal}`));
process.on("uncaughtException", (error) => void end(70, error.stack ?? String(error)));
