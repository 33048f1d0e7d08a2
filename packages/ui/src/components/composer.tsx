/** The field: words, files, slash commands, send and stop. What was typed survives a change of conversation and a reload. */

import { type ClipboardEvent, type KeyboardEvent, useRef } from "react";
import { threadOf, useApp } from "../store/app.ts";
import { stopRun } from "../store/talk.ts";
import { AttachmentTray } from "./attachment-tray.tsx";
import { ComposerActions } from "./composer-actions.tsx";
import { SlashMenu } from "./slash-menu.tsx";
import { useComposer } from "./use-composer.ts";
import { useFileDrop } from "./use-file-drop.ts";

export function Composer({ sessionKey }: { sessionKey: string }) {
  const running = useApp((state) => threadOf(state, sessionKey).run !== null);
  const name = useApp((state) => state.assistantName) || "your assistant";
  const suspended = useApp((state) => state.suspended);
  const field = useRef<HTMLTextAreaElement>(null);
  const composer = useComposer(sessionKey, field);
  const { text, files, offered, picked, attach, send, change } = composer;
  const dropping = useFileDrop(attach);
  const choice = offered[picked];

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing || composer.onMenuKey(event)) return;
    if (event.key === "Enter" && !event.shiftKey && !matchMedia("(pointer: coarse)").matches) {
      event.preventDefault();
      send();
    }
    if (event.key === "Escape" && running && text === "") void stopRun(sessionKey);
    if (event.key === "ArrowUp" && text === "") editLast(event);
  };
  const onPaste = (event: ClipboardEvent) => {
    if (event.clipboardData.files.length === 0) return;
    event.preventDefault();
    attach([...event.clipboardData.files]);
  };

  return (
    <form
      className={`relative rounded-2xl border bg-raised shadow-soft transition-colors focus-within:border-coral ${dropping ? "border-dashed border-coral bg-blush" : "border-edge"}`}
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <SlashMenu commands={offered} picked={picked} onPick={composer.complete} />
      <AttachmentTray files={files} onRemove={composer.remove} />
      <textarea
        ref={field}
        id="composer"
        rows={1}
        value={text}
        onChange={(event) => change(event.target.value)}
        onKeyDown={onKeyDown}
        onPaste={onPaste}
        placeholder={placeholder({ dropping, suspended, running, name })}
        aria-label={`Message ${name}`}
        aria-controls={choice ? "slash-commands" : undefined}
        aria-activedescendant={choice ? `slash-${choice.name}` : undefined}
        className="block max-h-[40vh] min-h-12 w-full resize-none bg-transparent px-4 pb-1 pt-3 text-base outline-none [field-sizing:content] sm:text-[0.9375rem]"
      />
      <ComposerActions sessionKey={sessionKey} running={running} empty={composer.empty} onFiles={attach} />
    </form>
  );
}

function placeholder({
  dropping,
  suspended,
  running,
  name,
}: {
  dropping: boolean;
  suspended: boolean;
  running: boolean;
  name: string;
}): string {
  if (dropping) return "Drop the files here";
  if (suspended) return "STOP is on; resume to go on";
  return running ? "Add something while it works…" : `Message ${name}`;
}

/** Arrow up in an empty field edits what was said last, as in every chat. */
function editLast(event: KeyboardEvent): void {
  const buttons = document.querySelectorAll<HTMLButtonElement>("[data-transcript] [data-action=edit]");
  const last = buttons[buttons.length - 1];
  if (!last) return;
  event.preventDefault();
  last.click();
}
