/** The row under the field: attach, model, stop, send. */

import ArrowUp from "lucide-react/icons/arrow-up";
import Paperclip from "lucide-react/icons/paperclip";
import Square from "lucide-react/icons/square";
import { useRef } from "react";
import { acceptedTypes } from "../store/files.ts";
import { stopRun } from "../store/talk.ts";
import { IconButton } from "./button.tsx";
import { ModelPicker } from "./model-picker.tsx";

interface ComposerActionsProps {
  sessionKey: string;
  running: boolean;
  empty: boolean;
  onFiles(files: File[]): void;
}

export function ComposerActions({ sessionKey, running, empty, onFiles }: ComposerActionsProps) {
  const picker = useRef<HTMLInputElement>(null);
  const sendName = running ? "Send while it works" : "Send";
  return (
    <div className="flex items-center gap-1 p-2 pt-0.5">
      <input
        ref={picker}
        type="file"
        multiple
        hidden
        accept={acceptedTypes}
        onChange={(event) => {
          onFiles([...(event.target.files ?? [])]);
          // The same file may be picked again.
          event.target.value = "";
        }}
      />
      <IconButton label="Attach images or text files" onClick={() => picker.current?.click()}>
        <Paperclip size={17} />
      </IconButton>
      <ModelPicker sessionKey={sessionKey} />
      <span className="flex-1" />
      {running && (
        <button
          type="button"
          onClick={() => stopRun(sessionKey)}
          className="inline-flex min-h-9 items-center gap-2 rounded-[0.625rem] border border-edge px-3 text-sm hover:bg-hover"
          data-action="stop"
        >
          <Square size={13} fill="currentColor" aria-hidden="true" /> Stop
        </button>
      )}
      {(!running || !empty) && (
        <button
          type="submit"
          disabled={empty}
          aria-label={sendName}
          title={sendName}
          className="grid size-9 shrink-0 place-items-center rounded-[0.625rem] bg-coral text-on-coral transition-colors hover:bg-coral-deep disabled:bg-hover disabled:text-faint"
        >
          <ArrowUp size={18} />
        </button>
      )}
    </div>
  );
}
