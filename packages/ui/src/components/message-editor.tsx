/** Editing a message that was sent: sending it rewinds the conversation to this point, and says so before. */

import { useEffect, useRef, useState } from "react";
import { Button } from "./button.tsx";

export function MessageEditor({ text, onSend, onCancel }: { text: string; onSend(text: string): void; onCancel(): void }) {
  const [value, setValue] = useState(text);
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    field.current?.focus();
    field.current?.setSelectionRange(text.length, text.length);
  }, [text]);
  const send = () => value.trim() !== "" && onSend(value.trim());
  return (
    <div className="ml-auto w-full max-w-[85%] animate-fade rounded-2xl border border-edge bg-raised p-3">
      <textarea
        ref={field}
        value={value}
        aria-label="Edit your message"
        className="block max-h-80 min-h-16 w-full resize-none bg-transparent outline-none [field-sizing:content]"
        onChange={(event) => setValue(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === "Escape") onCancel();
          if (event.key === "Enter" && !event.shiftKey && !event.nativeEvent.isComposing) {
            event.preventDefault();
            send();
          }
        }}
      />
      <div className="mt-2 flex flex-wrap items-center justify-end gap-2">
        <p className="mr-auto text-xs text-soft">What follows this message will leave the conversation.</p>
        <Button look="quiet" onClick={onCancel}>
          Cancel
        </Button>
        <Button look="primary" onClick={send} disabled={value.trim() === ""}>
          Send
        </Button>
      </div>
    </div>
  );
}
