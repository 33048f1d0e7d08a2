/** Bundles the Worker for workerd, with its configuration and the list of UI files beside it. */

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { join } from "node:path";
import { build } from "esbuild";
import { assetManifest } from "./build-ui.mjs";
import { Failure } from "./failure.mjs";

const builtins = new Set(builtinModules.flatMap((name) => [name, `node:${name}`]));

export async function buildWorker({ root, dist, draft }) {
  const entry = join(root, "packages/worker/src/worker.ts");
  if (!existsSync(entry)) throw new Failure("BUILD_FAILED", `${entry} is missing`, "Check the working copy: `git status`.");
  await build({
    entryPoints: { worker: entry },
    outdir: draft,
    chunkNames: "chunk-[hash]",
    bundle: true,
    splitting: true,
    // Names stay: for reading traces, and since keeping them beside shorter ones would define a property on each closure when it is made.
    minifyWhitespace: true,
    minifySyntax: true,
    format: "esm",
    target: "esnext",
    platform: "neutral",
    mainFields: ["module", "main"],
    conditions: ["workerd", "worker", "browser", "import", "module", "default"],
    external: ["cloudflare:*", "node:*"],
    define: { "process.env.NODE_ENV": '"production"' },
    plugins: [assetList, englishOnly, nodeBuiltins],
    logLevel: "warning",
  });
  writeFileSync(join(draft, "asset-manifest.js"), `export default ${JSON.stringify(assetManifest(join(dist, "ui")))};\n`);
  const { version, workerdConfig, imageTags } = await loadConfigWriter(root);
  writeBuild(draft, version);
  const images = imageTags(join(root, "images"));
  writeFileSync(join(draft, "images.json"), `${JSON.stringify(images)}\n`);
  const modules = readdirSync(draft).filter((name) => name.endsWith(".js") && name !== "worker.js");
  writeFileSync(join(draft, "config.capnp"), workerdConfig({ version, modules: ["worker.js", ...modules.sort()], images }));
  compileConfig(root, draft);
}

/** The digest of everything that the Worker is made of, as a module for it and as a file for its supervisor. */
function writeBuild(draft, version) {
  const hash = createHash("sha256").update(version);
  for (const name of readdirSync(draft).sort()) hash.update(`\n${name}\n`).update(readFileSync(join(draft, name)));
  const build = { id: hash.digest("hex").slice(0, 12), version, builtAt: new Date().toISOString() };
  writeFileSync(join(draft, "build.js"), `export default ${JSON.stringify(build)};\n`);
  writeFileSync(join(draft, "build.json"), `${JSON.stringify(build)}\n`);
}

/** One binary file with the modules inside: workerd starts 10 ms sooner and 7 MB smaller than from the text. */
function compileConfig(root, draft) {
  const workerd = join(root, "node_modules/workerd/bin/workerd");
  const { status, stdout, stderr, error } = spawnSync(workerd, ["compile", "--config-only", join(draft, "config.capnp")], {
    maxBuffer: 2 ** 28,
  });
  if (status !== 0) throw new Error(`workerd compile failed:\n${error?.message ?? stderr}`);
  writeFileSync(join(draft, "config.bin"), stdout);
}

/** `moltworker:assets` and `moltworker:build` are written after the bundle, so the Worker finds them as modules of their own. */
const assetList = {
  name: "asset-list",
  setup(bundler) {
    bundler.onResolve({ filter: /^moltworker:assets$/ }, () => ({ path: "./asset-manifest.js", external: true }));
    bundler.onResolve({ filter: /^moltworker:build$/ }, () => ({ path: "./build.js", external: true }));
  },
};

/** zod's error messages in forty languages are a quarter megabyte that nobody reads. */
const englishOnly = {
  name: "english-only",
  setup: (bundler) =>
    bundler.onLoad({ filter: /zod[/\\]v4[/\\]locales[/\\]index\.js$/ }, () => ({
      contents: `export { default as en } from "./en.js";`,
    })),
};

/** CommonJS packages that `require` a Node builtin, which an ES module bundle cannot do: the call becomes an import. */
const nodeBuiltins = {
  name: "node-builtins",
  setup(bundler) {
    bundler.onResolve({ filter: /.*/ }, ({ path, kind }) => {
      if (!builtins.has(path)) return undefined;
      const name = path.startsWith("node:") ? path : `node:${path}`;
      return kind === "require-call" ? { path: name, namespace: "required-builtin" } : { path: name, external: true };
    });
    bundler.onLoad({ filter: /.*/, namespace: "required-builtin" }, ({ path }) => ({
      contents: `import builtin from ${JSON.stringify(path)}; module.exports = builtin;`,
    }));
  },
};

/** The configuration is written by the command's own module, which Node 20 cannot load as TypeScript. */
async function loadConfigWriter(root) {
  const source = `export { version } from "./src/version.ts"; export { workerdConfig } from "./src/supervisor/workerd-config.ts"; export { imageTags } from "./src/containers/image-sources.ts";`;
  const bundled = await build({
    stdin: { contents: source, resolveDir: join(root, "packages/cli") },
    bundle: true,
    write: false,
    format: "esm",
    platform: "node",
  });
  return import(`data:text/javascript;base64,${Buffer.from(bundled.outputFiles[0].contents).toString("base64")}`);
}
