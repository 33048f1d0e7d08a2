/**
 * The network of one container. The container shares this network but not its rights: packets leave only for the user that
 * this process becomes, so the tools' one way out is the proxy on 127.0.0.1:3128, which lets through what the owner allows.
 * The one way in is port 39001, for the assistant's runtime, and never from inside.
 */

import { createServer } from "node:http";
import { networkInterfaces } from "node:os";
import { createEgressProxy } from "./egress-proxy.mjs";
import { fenceRoutes } from "./fence-routes.mjs";
import { createIngress } from "./ingress.mjs";
import { readRules } from "./rules.mjs";

const user = 39001;
const controlPort = 39001;
const proxyPort = 3128;
const leaseMs = 45_000;

const rules = readRules(process.env.MOLTWORKER_EGRESS);
delete process.env.MOLTWORKER_EGRESS;

const gateway = fenceRoutes(user);
process.setgroups([]);
process.setgid(user);
process.setuid(user);

const own = new Set(Object.values(networkInterfaces()).flatMap((rows) => rows.map((row) => row.address)));
/** True for a connection made from inside the shared network. */
const isInside = (socket) => {
  const address = (socket.remoteAddress ?? "").replace(/^::ffff:/, "");
  return address.startsWith("127.") || address === "::1" || own.has(address);
};

let egressPort = 0;
let lastHeardAt = performance.now();
const ingress = createIngress({
  isInside,
  heard: () => {
    lastHeardAt = performance.now();
  },
  refusedPorts: new Set([controlPort, proxyPort]),
  onEgress: (config) => {
    egressPort = Number(config.port) || 0;
  },
});
const proxy = createEgressProxy({ rules, way: () => ({ host: gateway, port: egressPort }), log: (line) => console.log(line) });

createServer(ingress.request).on("connect", ingress.connect).listen(controlPort, "0.0.0.0");
createServer(proxy.request).on("connect", proxy.connect).listen(proxyPort, "127.0.0.1");
console.log(`the network is up; allowed: ${rules.allow.join(", ") || "nothing"}`);

// The assistant's runtime is gone: what is left over must not live on.
setInterval(() => {
  if (performance.now() - lastHeardAt < leaseMs) return;
  console.error("ending: nobody has asked for this container");
  process.exit(75);
}, 5_000);
for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => process.exit(0));
