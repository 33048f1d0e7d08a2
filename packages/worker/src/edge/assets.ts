/**
 * The built UI: content type, validators and caching from the build's manifest, bytes from the assets binding. Files
 * whose name carries a hash are kept for ever; the page itself is asked for again each time. Only a navigation falls
 * back to the page, so a missing script is a 404 and not a page in disguise.
 */

import { MoltError } from "@moltworker/protocol/errors";
import { errorAnswer, methodRefused } from "./answers.ts";

export interface Asset {
  contentType: string;
  /** Strong, with its quotes. */
  etag: string;
  sizeBytes: number;
  immutable: boolean;
}

/** By URL path: `/index.html`. */
export type AssetManifest = Readonly<Record<string, Asset>>;

const PAGE = "/index.html";

export async function serveAsset(request: Request, manifest: AssetManifest, files: Fetcher): Promise<Response> {
  if (request.method !== "GET" && request.method !== "HEAD") return methodRefused(request.method, "GET, HEAD");
  const path = assetPath(request, manifest);
  const asset = path === undefined ? undefined : manifest[path];
  if (path === undefined || !asset) return errorAnswer(new MoltError("NOT_FOUND", { message: "there is no such page" }));
  const etag = /^(W\/)?".*"$/.test(asset.etag) ? asset.etag : `"${asset.etag}"`;
  const headers = new Headers({
    "content-type": asset.contentType,
    etag,
    "cache-control": asset.immutable ? "public, max-age=31536000, immutable" : "no-cache",
  });
  if (matches(request.headers.get("if-none-match"), etag)) return new Response(null, { status: 304, headers });
  headers.set("content-length", String(asset.sizeBytes));
  if (request.method === "HEAD") return new Response(null, { headers });
  const file = await files.fetch(`http://assets${encodeURI(path)}`);
  if (!file.ok || !file.body) {
    return errorAnswer(
      new MoltError("UNAVAILABLE", {
        message: "a file of the user interface is missing",
        hint: "Build it again: `npm run build`.",
      }),
    );
  }
  return new Response(file.body, { headers });
}

function assetPath(request: Request, manifest: AssetManifest): string | undefined {
  const path = decodePath(new URL(request.url).pathname);
  if (path === undefined) return undefined;
  const exact = path.endsWith("/") ? `${path}index.html` : path;
  if (Object.hasOwn(manifest, exact)) return exact;
  return isNavigation(request) && Object.hasOwn(manifest, PAGE) ? PAGE : undefined;
}

/** A person opening an address, as opposed to a page loading a part. */
export function isNavigation(request: Request): boolean {
  if (request.method !== "GET" && request.method !== "HEAD") return false;
  const mode = request.headers.get("sec-fetch-mode");
  if (mode !== null && mode !== "navigate") return false;
  return (request.headers.get("accept") ?? "").includes("text/html");
}

function matches(header: string | null, etag: string): boolean {
  if (header === null) return false;
  return header.trim() === "*" || header.split(",").some((candidate) => candidate.trim().replace(/^W\//, "") === etag);
}

function decodePath(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}
