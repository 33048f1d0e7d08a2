/** Text and attachments of a person's message, as log parts: large things become blobs, so that rows stay small. */

import { MoltError } from "@moltworker/protocol/errors";
import type { Attachment } from "@moltworker/protocol/methods";
import type { LogPart } from "../agent/log-entry.ts";
import { createId } from "../platform/id.ts";
import type { Blobs } from "../storage/blobs.ts";

/** Text longer than this is kept as an attached file. */
const inlineTextLimit = 200_000;
const attachmentLimitBytes = 20_000_000;
const imageTypes = new Set(["image/png", "image/jpeg", "image/gif", "image/webp"]);

/** Throws INVALID_REQUEST or PAYLOAD_TOO_LARGE; blobs are durable when it resolves. */
export async function contentFromInput(text: string, attachments: readonly Attachment[], blobs: Blobs): Promise<LogPart[]> {
  const parts: LogPart[] = [];
  const trimmed = text.trim();
  if (trimmed.length > inlineTextLimit) {
    parts.push({ type: "text", text: "The message was long, so it is attached as pasted-text.txt." });
    parts.push(await storeFile(new TextEncoder().encode(text), { mimeType: "text/plain", fileName: "pasted-text.txt" }, blobs));
  } else if (trimmed !== "") {
    parts.push({ type: "text", text });
  }
  for (const attachment of attachments) parts.push(await storeFile(bytesFrom(attachment), attachment, blobs));
  return parts;
}

/** Durable when it resolves. Throws PAYLOAD_TOO_LARGE. */
export async function storeFile(bytes: Uint8Array, file: { mimeType: string; fileName: string }, blobs: Blobs): Promise<LogPart> {
  if (bytes.byteLength > attachmentLimitBytes) {
    throw new MoltError("PAYLOAD_TOO_LARGE", { message: `"${file.fileName}" is larger than 20 MB` });
  }
  const blobId = createId("blob");
  await blobs.put(blobId, bytes, file.mimeType);
  return {
    type: imageTypes.has(file.mimeType) ? "image" : "file",
    blobId,
    mimeType: file.mimeType,
    fileName: file.fileName,
    sizeBytes: bytes.byteLength,
  };
}

function bytesFrom(attachment: Attachment): Uint8Array {
  const base64 = attachment.content.replace(/^data:[^,]*,/, "");
  try {
    return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  } catch (cause) {
    throw new MoltError("INVALID_REQUEST", { message: `the content of "${attachment.fileName}" is not base64`, cause });
  }
}
