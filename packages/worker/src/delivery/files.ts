/** Files of the workspace that an answer shows: `![caption](path)` becomes a file of the chat. Pure. */

export interface NamedFile {
  path: string;
  caption: string;
}

const image = /!\[([^\]\n]{0,300})\]\(\s*<?([^\s)>]{1,400})>?(?:\s+"[^"\n]*")?\s*\)/g;

/** Takes the files out of the text. `exists` says whether a path is a file of the workspace; everything else stays as it is. */
export function takeFiles(markdown: string, exists: (path: string) => boolean): { text: string; files: NamedFile[] } {
  const files: NamedFile[] = [];
  const text = markdown.replace(image, (whole, caption: string, target: string) => {
    const path = pathFrom(target);
    if (path === undefined || !exists(path)) return whole;
    files.push({ path, caption: caption.trim() });
    return "";
  });
  return { text: text.replace(/\n{3,}/g, "\n\n").trim(), files };
}

function pathFrom(target: string): string | undefined {
  if (/^[a-z][a-z0-9+.-]*:/i.test(target)) return undefined;
  try {
    return decodeURIComponent(target);
  } catch {
    return undefined;
  }
}

const types: Record<string, { mimeType: string; kind: "photo" | "voice" | "audio" | "video" | "document" }> = {
  png: { mimeType: "image/png", kind: "photo" },
  jpg: { mimeType: "image/jpeg", kind: "photo" },
  jpeg: { mimeType: "image/jpeg", kind: "photo" },
  webp: { mimeType: "image/webp", kind: "photo" },
  gif: { mimeType: "image/gif", kind: "document" },
  ogg: { mimeType: "audio/ogg", kind: "voice" },
  opus: { mimeType: "audio/ogg", kind: "voice" },
  mp3: { mimeType: "audio/mpeg", kind: "audio" },
  m4a: { mimeType: "audio/mp4", kind: "audio" },
  mp4: { mimeType: "video/mp4", kind: "video" },
  pdf: { mimeType: "application/pdf", kind: "document" },
  md: { mimeType: "text/markdown", kind: "document" },
  txt: { mimeType: "text/plain", kind: "document" },
  csv: { mimeType: "text/csv", kind: "document" },
  json: { mimeType: "application/json", kind: "document" },
};

export function fileTypeOf(path: string): { mimeType: string; kind: "photo" | "voice" | "audio" | "video" | "document" } {
  return types[path.split(".").at(-1)?.toLowerCase() ?? ""] ?? { mimeType: "application/octet-stream", kind: "document" };
}
