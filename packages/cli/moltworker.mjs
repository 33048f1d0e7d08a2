#!/usr/bin/env node
/** What `npx moltworker` runs in a checkout: the built command. The published package has the built file itself as its command. */

import { existsSync } from "node:fs";

const built = new URL("./dist/moltworker.mjs", import.meta.url);
if (existsSync(built)) {
  await import(built.href);
} else {
  console.error("moltworker: it is not built yet (BUILD_FAILED)\nRun `npm start` or `npm run build` once.");
  process.exitCode = 87;
}
