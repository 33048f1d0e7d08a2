/**
 * Files in and out. What a browser would run or lay out is never shown in this server's name: pictures of plain raster
 * formats are shown, everything else is a download, and both are sandboxed.
 */

import { MoltError } from "@moltworker/protocol/errors";
import { createId } from "../platform/id.ts";
import { type Blobs, MAX_BLOB_BYTES } from "../storage/blobs.ts";
import { json } from "./answers.ts";
import { readBytes } from "./body.ts";

const shownTypes = new Set(["image/png", "image/jpeg", "image/gif", "image/webp", "image/avif"]);

/** Stores the raw body; `?name=` is the file's name. Answers `{blobId, mimeType, sizeBytes, fileName, sha256}`. */
export async function storeBlob(request: Request, blobs: Blobs): Promise<Response> {
  const bytes = await readBytes(request, MAX_BLOB_BYTES, "known");
  if (bytes.length === 0) throw new MoltError("INVALID_REQUEST", { message: "the file is empty" });
  const blobId = createId("blob");
  const { mimeType, sizeBytes, sha256 } = await blobs.put(blobId, bytes, request.headers.get("content-type") ?? "");
  return json(
    { blobId, mimeType, sizeBytes, fileName: fileName(new URL(request.url).searchParams.get("name")), sha256 },
    { status: 201 },
  );
}

export async function readBlob(request: Request, id: string, blobs: Blobs): Promise<Response> {
  const info = blobs.info(id);
  if (!info) throw new MoltError("NOT_FOUND", { message: "there is no such file" });
  const shown = shownTypes.has(info.mimeType);
  const name = fileName(new URL(request.url).searchParams.get("name"));
  const headers = {
    etag: `"${info.sha256}"`,
    "cache-control": "private, max-age=31536000, immutable",
    "content-type": shown ? info.mimeType : "application/octet-stream",
    "content-disposition": `${shown ? "inline" : "attachment"}; filename*=UTF-8''${encodeURIComponent(name).replaceAll("'", "%27")}`,
    "content-security-policy": "default-src 'none'; sandbox",
    "x-content-type-options": "nosniff",
  };
  if (request.headers.get("if-none-match") === headers.etag) return new Response(null, { status: 304, headers });
  const blob = await blobs.get(id);
  if (!blob) throw new MoltError("NOT_FOUND", { message: "the file's content is gone" });
  return new Response(blob.body, { headers: { ...headers, "content-length": String(info.sizeBytes) } });
}

/** A name without path and control characters, well-formed Unicode, at most 120 characters. */
function fileName(text: string | null): string {
  const name = (text ?? "").split(/[/\\]/).at(-1) ?? "";
  return [...name.replaceAll(/[\u0000-\u001f\u007f\ud800-\udfff]/gu, "")].slice(0, 120).join("") || "file";
}
