/** Files that will go with the next message. */

import FileText from "lucide-react/icons/file-text";
import X from "lucide-react/icons/x";
import { sizeText } from "../store/files.ts";
import type { OutgoingFile } from "../store/state.ts";

export function AttachmentTray({ files, onRemove }: { files: OutgoingFile[]; onRemove(index: number): void }) {
  if (files.length === 0) return null;
  return (
    <ul aria-label="Attached files" className="flex flex-wrap gap-2 px-3 pt-3">
      {files.map((file, index) => (
        <li
          key={`${file.name}-${index.toString()}`}
          className="flex max-w-60 animate-fade items-center gap-2 rounded-xl border border-line bg-paper py-1 pl-1.5 pr-1 text-sm"
        >
          {file.mimeType.startsWith("image/") ? (
            <img src={`data:${file.mimeType};base64,${file.content}`} alt="" className="size-9 rounded-lg object-cover" />
          ) : (
            <FileText size={18} className="ml-1.5 shrink-0 text-soft" aria-hidden="true" />
          )}
          <span className="min-w-0">
            <span className="block truncate leading-snug">{file.name}</span>
            <span className="block text-xs leading-tight text-soft">{sizeText(file.sizeBytes)}</span>
          </span>
          <button
            type="button"
            aria-label={`Remove ${file.name}`}
            onClick={() => onRemove(index)}
            className="grid size-7 shrink-0 place-items-center rounded-lg text-soft hover:bg-hover hover:text-ink"
          >
            <X size={14} />
          </button>
        </li>
      ))}
    </ul>
  );
}
