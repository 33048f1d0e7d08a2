/** Bundles the `moltworker` command into one file; workerd alone stays a package. */

import { join } from "node:path";
import { build } from "esbuild";

export async function buildCommand({ root, draft }) {
  await build({
    entryPoints: { moltworker: join(root, "packages/cli/src/bin.ts") },
    outdir: draft,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    minify: true,
    keepNames: true,
    format: "esm",
    platform: "node",
    target: "node20.19",
    external: ["workerd"],
    banner: {
      js: `#!/usr/bin/env node\nimport { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);`,
    },
    logLevel: "warning",
  });
}
