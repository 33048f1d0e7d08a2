/** The Worker's `fetch`: the front with the UI that was built beside it. */

import manifest from "moltworker:assets";
import build from "moltworker:build";
import { createFront } from "./front.ts";

export const createWorkerApp = (gatewaySlugs: ReadonlySet<string>) => createFront(manifest, build, gatewaySlugs);
