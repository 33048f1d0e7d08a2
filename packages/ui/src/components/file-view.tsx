/** A file that came with a message: a picture is shown, a text file is a chip that opens it. */

import type { AttachmentPart } from "@moltworker/protocol/messages";
import FileText from "lucide-react/icons/file-text";
import { sizeText } from "../store/files.ts";

export function FileView({ file }: { file: AttachmentPart }) {
  const address = `/api/blobs/${encodeURIComponent(file.blobId)}`;
  if (file.type === "image") {
    return (
      <a href={address} target="_blank" rel="noopener" className="inline-block overflow-hidden rounded-xl border border-line">
        <img src={address} alt={file.fileName} loading="lazy" className="max-h-64 max-w-full object-contain" />
      </a>
    );
  }
  return (
    <a
      href={address}
      target="_blank"
      rel="noopener"
      className="inline-flex max-w-full items-center gap-2 rounded-xl border border-line bg-raised px-3 py-2 text-sm hover:bg-hover"
    >
      <FileText size={16} className="shrink-0 text-soft" aria-hidden="true" />
      <span className="truncate">{file.fileName}</span>
      <span className="shrink-0 text-xs text-soft">{sizeText(file.sizeBytes)}</span>
    </a>
  );
}
