/** Entry of the Worker: exports, no logic. */

import { createWorkerApp } from "./edge/worker-routes.ts";

export { Assistant } from "./assistant.ts";

export default createWorkerApp();
