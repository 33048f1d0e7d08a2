/** What the person said, with its files; can be edited and sent again. */

import type { AttachmentPart, UserMessage } from "@moltworker/protocol/messages";
import Pencil from "lucide-react/icons/pencil";
import { useState } from "react";
import { dateTimeText } from "../store/format.ts";
import { editAndResend } from "../store/talk.ts";
import { textOf } from "../store/turns.ts";
import { IconButton } from "./button.tsx";
import { CopyButton } from "./copy-button.tsx";
import { FileView } from "./file-view.tsx";
import { MessageEditor } from "./message-editor.tsx";

const longText = 1_600;

export function UserMessageView({ message, sessionKey }: { message: UserMessage; sessionKey: string }) {
  const [editing, setEditing] = useState(false);
  const text = textOf(message);
  const files = message.content.filter((part): part is AttachmentPart => part.type === "image" || part.type === "file");
  if (editing) {
    const resend = (edited: string) => {
      setEditing(false);
      void editAndResend(sessionKey, message, edited);
    };
    return <MessageEditor text={text} onCancel={() => setEditing(false)} onSend={resend} />;
  }
  return (
    <div className="group/user flex flex-col items-end gap-1.5">
      <h2 className="sr-only">You said, {dateTimeText(message.timestamp)}</h2>
      {files.length > 0 && (
        <div className="flex max-w-[85%] flex-wrap justify-end gap-2">
          {files.map((file) => (
            <FileView key={file.blobId} file={file} />
          ))}
        </div>
      )}
      <div className="flex max-w-full items-end justify-end gap-1">
        <div className="print-hide flex shrink-0 pb-1 opacity-0 transition-opacity focus-within:opacity-100 group-hover/user:opacity-100 pointer-coarse:opacity-100 max-sm:flex-col">
          <CopyButton text={text} label="Copy message" />
          <IconButton label="Edit and send again" className="size-8" onClick={() => setEditing(true)} data-action="edit">
            <Pencil size={15} />
          </IconButton>
        </div>
        {text !== "" && <Bubble text={text} />}
      </div>
    </div>
  );
}

export function Bubble({ text, faded = false }: { text: string; faded?: boolean }) {
  const [whole, setWhole] = useState(text.length <= longText);
  return (
    <div
      className={`min-w-0 max-w-[36rem] whitespace-pre-wrap rounded-2xl rounded-br-md bg-tint px-4 py-2.5 [overflow-wrap:anywhere] ${faded ? "text-soft" : ""}`}
    >
      {whole ? text : `${text.slice(0, longText)}…`}
      {!whole && (
        <button
          type="button"
          className="mt-1 block text-sm font-medium text-coral underline underline-offset-2"
          onClick={() => setWhole(true)}
        >
          Show all of it
        </button>
      )}
    </div>
  );
}
