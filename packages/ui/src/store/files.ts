/** Files that go with a message: what may be attached, how it is read, and why something is refused. */

import { MoltError } from "@moltworker/protocol/errors";
import type { AttachmentPart, UserMessage } from "@moltworker/protocol/messages";
import { shrunkImage } from "./shrink-image.ts";
import type { OutgoingFile } from "./state.ts";

const maxFiles = 10;
/** Providers take about 5 MB of base64 for one picture. */
const maxImageBytes = 3_700_000;
const maxTextBytes = 500_000;
/** Base64 of all files must fit one frame with room to spare. */
const maxTotalBytes = 15_000_000;

const imageTypes = new Set(["image/png", "image/jpeg", "image/gif", "image/webp"]);
const textExtensions =
  /\.(txt|md|markdown|json|jsonl|ya?ml|toml|csv|tsv|xml|html?|css|scss|[cm]?[jt]sx?|py|rb|go|rs|java|kt|swift|c|h|cc|cpp|hpp|cs|php|sh|bash|zsh|fish|sql|ini|conf|env|log|diff|patch|tex|srt|vtt|svg)$/i;

/** What the file dialog offers. */
export const acceptedTypes = `${[...imageTypes].join(",")},text/*,.md,.json,.yaml,.yml,.toml,.csv,.log,.ts,.tsx,.js,.py,.rs,.go,.sql,.sh`;

/** Reads files from a picker, the clipboard or a drop. Each is either taken or refused with a sentence. */
export async function readFiles(
  files: readonly File[],
  already: readonly OutgoingFile[],
): Promise<{ taken: OutgoingFile[]; refused: string[] }> {
  const taken: OutgoingFile[] = [];
  const refused: string[] = [];
  let total = already.reduce((sum, file) => sum + file.sizeBytes, 0);
  for (const given of files) {
    const file = await sized(given);
    const reason = refusal(file, already.length + taken.length, total);
    if (reason) {
      refused.push(reason);
      continue;
    }
    total += file.size;
    taken.push({ name: file.name || "pasted", mimeType: mimeOf(file), sizeBytes: file.size, content: await base64Of(file) });
  }
  return { taken, refused };
}

/** The files of a message that was sent before, read back so that it can be sent again. Throws MoltError. */
export async function filesOf(message: UserMessage): Promise<OutgoingFile[]> {
  const parts = message.content.filter((part): part is AttachmentPart => part.type === "image" || part.type === "file");
  return Promise.all(
    parts.map(async (part) => {
      const response = await fetch(`/api/blobs/${encodeURIComponent(part.blobId)}`);
      if (!response.ok)
        throw new MoltError("NOT_FOUND", {
          message: `the file ${part.fileName} could not be read back`,
          hint: "Attach it again, then send.",
        });
      return {
        name: part.fileName,
        mimeType: part.mimeType,
        sizeBytes: part.sizeBytes,
        content: await base64Of(await response.blob()),
      };
    }),
  );
}

export function sizeText(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  if (bytes < 1_000_000) return `${Math.round(bytes / 1_000)} KB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}

/** Pictures over the limit are made smaller; an animation would lose its movement, so it is left alone. */
async function sized(file: File): Promise<File> {
  if (!imageTypes.has(file.type) || file.type === "image/gif" || file.size <= maxImageBytes) return file;
  return (await shrunkImage(file)) ?? file;
}

function refusal(file: File, count: number, total: number): string | undefined {
  const name = file.name || "The pasted file";
  const isImage = imageTypes.has(file.type);
  if (!isImage && !isText(file)) return `${name} was not attached: only images (PNG, JPEG, GIF, WebP) and text files can be.`;
  if (count >= maxFiles) return `${name} was not attached: ${maxFiles} files fit in one message.`;
  const limit = isImage ? maxImageBytes : maxTextBytes;
  if (file.size > limit) return `${name} was not attached: it has ${sizeText(file.size)}, the limit is ${sizeText(limit)}.`;
  if (total + file.size > maxTotalBytes)
    return `${name} was not attached: all files together may have ${sizeText(maxTotalBytes)}.`;
  return undefined;
}

function isText(file: File): boolean {
  return (
    file.type.startsWith("text/") ||
    /^application\/(json|xml|yaml|toml|x-yaml|javascript)/.test(file.type) ||
    textExtensions.test(file.name)
  );
}

function mimeOf(file: File): string {
  return imageTypes.has(file.type)
    ? file.type
    : file.type.startsWith("text/") || file.type.startsWith("application/")
      ? file.type
      : "text/plain";
}

async function base64Of(blob: Blob): Promise<string> {
  const bytes = new Uint8Array(await blob.arrayBuffer());
  let binary = "";
  for (let at = 0; at < bytes.length; at += 32_768) binary += String.fromCharCode(...bytes.subarray(at, at + 32_768));
  return btoa(binary);
}
