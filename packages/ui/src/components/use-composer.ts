/** What is being written in one conversation: text, files, and the slash command it may become. */

import { type KeyboardEvent, type RefObject, useEffect, useState } from "react";
import { type Command, commandIn } from "../store/commands.ts";
import { readFiles } from "../store/files.ts";
import { notify } from "../store/notices.ts";
import type { OutgoingFile } from "../store/state.ts";
import { sendMessage } from "../store/talk.ts";
import { draftOf, keepDraft, onFillField } from "./drafts.ts";
import { matchingCommands } from "./slash-menu.tsx";

export function useComposer(sessionKey: string, field: RefObject<HTMLTextAreaElement | null>) {
  const [text, setText] = useState(() => draftOf(sessionKey));
  const [files, setFiles] = useState<OutgoingFile[]>([]);
  const [picked, setPicked] = useState(0);
  const offered = matchingCommands(text);
  const empty = text.trim() === "" && files.length === 0;
  useField(field, setText);

  const change = (next: string) => {
    setText(next);
    setPicked(0);
    keepDraft(sessionKey, next);
  };
  const attach = (list: File[]) => {
    void readFiles(list, files).then(({ taken, refused }) => {
      setFiles((now) => [...now, ...taken]);
      for (const reason of refused) notify(reason, "error");
    });
  };
  const send = () => {
    if (empty) return;
    const found = files.length === 0 ? commandIn(text) : undefined;
    change("");
    if (found) return found.command.run(found.argument);
    sendMessage(sessionKey, text.trim(), files);
    setFiles([]);
  };
  const complete = (command: Command) => {
    change(command.takes === undefined ? "" : `/${command.name} `);
    field.current?.focus();
    if (command.takes === undefined) command.run("");
  };
  /** True when the list of commands took the key. */
  const onMenuKey = (event: KeyboardEvent): boolean => {
    const choice = offered[picked];
    if (!choice) return false;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const step = event.key === "ArrowDown" ? 1 : offered.length - 1;
      setPicked((picked + step) % offered.length);
    } else if (event.key === "Tab" || (event.key === "Enter" && !event.shiftKey)) complete(choice);
    else return false;
    event.preventDefault();
    return true;
  };
  const remove = (index: number) => setFiles((now) => now.filter((_, at) => at !== index));
  return { text, files, picked, offered, empty, change, attach, send, complete, onMenuKey, remove };
}

/** The cursor is in the field from the first moment, except where a keyboard would cover half a phone. */
function useField(field: RefObject<HTMLTextAreaElement | null>, setText: (text: string) => void): void {
  useEffect(() => {
    if (!matchMedia("(pointer: coarse)").matches) field.current?.focus();
    return onFillField((filled) => {
      setText(filled);
      field.current?.focus();
    });
  }, [field, setText]);
}
