/** Builds the Control UI, and lists its files for the Worker: content type, etag, size, and whether a path's content may ever change. */

import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { extname, join, posix, sep } from "node:path";
import { Failure } from "./failure.mjs";

export async function buildUi({ root, draft }) {
  const folder = join(root, "packages/ui");
  if (!existsSync(join(folder, "index.html")))
    throw new Failure("BUILD_FAILED", `${folder}/index.html is missing`, "Check the working copy: `git status`.");
  const { build } = await import("vite");
  await build({ root: folder, logLevel: "warn", build: { outDir: draft, emptyOutDir: true } });
}

const contentTypes = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json",
  ".map": "application/json",
  ".webmanifest": "application/manifest+json",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".jpg": "image/jpeg",
  ".webp": "image/webp",
  ".ico": "image/x-icon",
  ".woff2": "font/woff2",
  ".wasm": "application/wasm",
  ".txt": "text/plain; charset=utf-8",
};

/** By URL path. Files under /assets/ carry their content's hash in their name, so a browser may keep them for ever. */
export function assetManifest(folder) {
  const manifest = {};
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const url = posix.join("/", path.slice(folder.length).split(sep).join("/"));
    const bytes = readFileSync(path);
    manifest[url] = {
      contentType: contentTypes[extname(entry.name)] ?? "application/octet-stream",
      etag: `"${createHash("sha256").update(bytes).digest("base64url").slice(0, 22)}"`,
      sizeBytes: bytes.length,
      immutable: url.startsWith("/assets/"),
    };
  }
  return manifest;
}
