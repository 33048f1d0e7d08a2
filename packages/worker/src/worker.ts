/** Entry of the Worker: exports, no logic. */

import { gatewaySlugs } from "./catalog/gateway-slugs.ts";
import { createWorkerApp } from "./edge/worker-routes.ts";

export { Assistant } from "./assistant.ts";
export { ContainerObject } from "./containers/container-object.ts";
export { ContainerWayOut } from "./containers/container-way-out.ts";
export { SnapshotScratch } from "./services/snapshot-scratch.ts";

export default createWorkerApp(gatewaySlugs);
