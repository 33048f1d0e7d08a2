/** The field: words, files, slash commands, send and stop. What was typed survives a change of conversation and a reload. */

import ArrowUp from "lucide-react/icons/arrow-up";
import Paperclip from "lucide-react/icons/paperclip";
import Square from "lucide-react/icons/square";
import { type ClipboardEvent, type KeyboardEvent, useEffect, useRef, useState } from "react";
import { threadOf, useApp } from "../store/app.ts";
import { commandIn } from "../store/commands.ts";
import { acceptedTypes, readFiles } from "../store/files.ts";
import { notify } from "../store/notices.ts";
import type { OutgoingFile } from "../store/state.ts";
import { sendMessage, stopRun } from "../store/talk.ts";
import { AttachmentTray } from "./attachment-tray.tsx";
import { IconButton } from "./button.tsx";
import { draftOf, keepDraft, onFillField } from "./drafts.ts";
import { ModelPicker } from "./model-picker.tsx";
import { matchingCommands, SlashMenu } from "./slash-menu.tsx";
import { useFileDrop } from "./use-file-drop.ts";

export function Composer({ sessionKey }: { sessionKey: string }) {
  const running = useApp((state) => threadOf(state, sessionKey).run !== null);
  const name = useApp((state) => state.assistantName);
  const suspended = useApp((state) => state.suspended);
  const [text, setText] = useState(() => draftOf(sessionKey));
  const [files, setFiles] = useState<OutgoingFile[]>([]);
  const [picked, setPicked] = useState(0);
  const field = useRef<HTMLTextAreaElement>(null);
  const picker = useRef<HTMLInputElement>(null);
  const offered = matchingCommands(text);
  const empty = text.trim() === "" && files.length === 0;

  const change = (next: string) => {
    setText(next);
    setPicked(0);
    keepDraft(sessionKey, next);
  };
  const attach = async (list: Iterable<File>) => {
    const { taken, refused } = await readFiles([...list], files);
    setFiles((now) => [...now, ...taken]);
    for (const reason of refused) notify(reason, "error");
  };
  const dropping = useFileDrop(attach);
  useFocus(field);
  useEffect(() =>
    onFillField((filled) => {
      setText(filled);
      field.current?.focus();
    }),
  []);

  const send = () => {
    if (empty) return;
    const found = files.length === 0 ? commandIn(text) : undefined;
    change("");
    if (found) return found.command.run(found.argument);
    sendMessage(sessionKey, text.trim(), files);
    setFiles([]);
  };
  const complete = (commandName: string, takes: boolean) => {
    change(takes ? `/${commandName} ` : "");
    field.current?.focus();
    if (!takes) commandIn(`/${commandName}`)?.command.run("");
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    if (offered.length > 0 && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : offered.length - 1;
      return setPicked((now) => (now + step) % offered.length);
    }
    const choice = offered[picked];
    if (choice && (event.key === "Tab" || (event.key === "Enter" && !event.shiftKey))) {
      event.preventDefault();
      return complete(choice.name, choice.takes !== undefined);
    }
    if (event.key === "Enter" && !event.shiftKey && !matchMedia("(pointer: coarse)").matches) {
      event.preventDefault();
      return send();
    }
    if (event.key === "Escape" && running && text === "") void stopRun(sessionKey);
    if (event.key === "ArrowUp" && text === "") editLast(event);
  };
  const onPaste = (event: ClipboardEvent) => {
    if (event.clipboardData.files.length === 0) return;
    event.preventDefault();
    void attach(event.clipboardData.files);
  };

  return (
    <form
      className={`relative rounded-2xl border bg-raised shadow-soft transition-colors focus-within:border-coral ${dropping ? "border-dashed border-coral bg-blush" : "border-edge"}`}
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <SlashMenu commands={offered} picked={picked} onPick={(command) => complete(command.name, command.takes !== undefined)} />
      <AttachmentTray files={files} onRemove={(index) => setFiles((now) => now.filter((_, at) => at !== index))} />
      <textarea
        ref={field}
        id="composer"
        rows={1}
        value={text}
        onChange={(event) => change(event.target.value)}
        onKeyDown={onKeyDown}
        onPaste={onPaste}
        placeholder={dropping ? "Drop the files here" : suspended ? "STOP is on; resume to go on" : running ? "Add something while it works…" : `Message ${name || "your assistant"}`}
        aria-label={`Message ${name || "your assistant"}`}
        aria-controls={offered.length > 0 ? "slash-commands" : undefined}
        aria-activedescendant={offered[picked] ? `slash-${offered[picked].name}` : undefined}
        className="block max-h-[40vh] min-h-12 w-full resize-none bg-transparent px-4 pb-1 pt-3 text-base outline-none [field-sizing:content] sm:text-[0.9375rem]"
      />
      <div className="flex items-center gap-1 p-2 pt-0.5">
        <input ref={picker} type="file" multiple hidden accept={acceptedTypes} onChange={(event) => event.target.files && attach([...event.target.files]).finally(() => picker.current && (picker.current.value = ""))} />
        <IconButton label="Attach images or text files" onClick={() => picker.current?.click()}>
          <Paperclip size={17} />
        </IconButton>
        <ModelPicker sessionKey={sessionKey} />
        <span className="flex-1" />
        {running && (
          <button type="button" onClick={() => stopRun(sessionKey)} className="inline-flex min-h-9 items-center gap-2 rounded-[0.625rem] border border-edge px-3 text-sm hover:bg-hover" data-action="stop">
            <Square size={13} fill="currentColor" aria-hidden="true" /> Stop
          </button>
        )}
        {(!running || !empty) && (
          <button
            type="submit"
            disabled={empty}
            aria-label={running ? "Send while it works" : "Send"}
            title={running ? "Send while it works" : "Send"}
            className="grid size-9 place-items-center rounded-[0.625rem] bg-coral text-on-coral transition-colors hover:bg-coral-deep disabled:bg-hover disabled:text-faint"
          >
            <ArrowUp size={18} />
          </button>
        )}
      </div>
    </form>
  );
}

/** The cursor is in the field from the first moment, except where a keyboard would cover half a phone. */
function useFocus(field: { current: HTMLTextAreaElement | null }): void {
  useEffect(() => {
    if (!matchMedia("(pointer: coarse)").matches) field.current?.focus();
  }, [field]);
}

/** Arrow up in an empty field edits what was said last, as in every chat. */
function editLast(event: KeyboardEvent): void {
  const buttons = document.querySelectorAll<HTMLButtonElement>("[data-transcript] [data-action=edit]");
  const last = buttons[buttons.length - 1];
  if (!last) return;
  event.preventDefault();
  last.click();
}
