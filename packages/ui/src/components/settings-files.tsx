/** The files that make the assistant what it is. Saving never overwrites what changed meanwhile: it asks. */

import { type MoltError, moltErrorFrom } from "@moltworker/protocol/errors";
import { useCallback, useEffect, useState } from "react";
import { sizeText } from "../store/files.ts";
import { request } from "../store/gateway.ts";
import { notify, notifyError, sentence } from "../store/notices.ts";
import { Button } from "./button.tsx";

const known: Record<string, string> = {
  "AGENTS.md": "How it works: rules it follows in every conversation",
  "SOUL.md": "Who it is: its manner and values",
  "USER.md": "Who you are: what it should know about you",
  "MEMORY.md": "What it remembers; it writes here itself",
};

interface Opened {
  name: string;
  saved: string;
  hash: string;
  missing: boolean;
}

export function FileSettings() {
  const [files, setFiles] = useState<{ path: string; sizeBytes: number }[]>([]);
  const [name, setName] = useState("AGENTS.md");
  const list = useCallback(() => {
    request("agents.files.list", {}, { resend: true }).then((answer) => setFiles(answer.files), notifyError);
  }, []);
  useEffect(list, [list]);
  const others = files.filter((file) => !(file.path in known)).map((file) => file.path);
  return (
    <div className="flex flex-col gap-4">
      <div className="flex flex-col gap-1">
        <label htmlFor="file-name" className="font-semibold">
          File
        </label>
        <select
          id="file-name"
          aria-describedby="file-about"
          className="field max-w-md"
          value={name}
          onChange={(event) => setName(event.target.value)}
        >
          <optgroup label="Its character and memory">
            {Object.keys(known).map((path) => (
              <option key={path} value={path}>
                {path}
              </option>
            ))}
          </optgroup>
          {others.length > 0 && (
            <optgroup label="Its other files">
              {others.map((path) => (
                <option key={path} value={path}>
                  {path}
                </option>
              ))}
            </optgroup>
          )}
        </select>
        <p id="file-about" className="text-sm text-soft">
          {known[name] ?? sizeText(files.find((file) => file.path === name)?.sizeBytes ?? 0)}
        </p>
      </div>
      <FileEditor key={name} name={name} onSaved={list} />
    </div>
  );
}

function FileEditor({ name, onSaved }: { name: string; onSaved(): void }) {
  const [opened, setOpened] = useState<Opened | null>(null);
  const [text, setText] = useState("");
  const [error, setError] = useState<MoltError | null>(null);
  const open = useCallback(async () => {
    try {
      const { file } = await request("agents.files.get", { name }, { resend: true });
      setOpened({ name, saved: file.content, hash: file.hash, missing: file.missing });
      setText(file.content);
      setError(null);
    } catch (cause) {
      setError(moltErrorFrom(cause));
    }
  }, [name]);
  useEffect(() => void open(), [open]);

  const save = async () => {
    if (!opened) return;
    try {
      const { hash } = await request("agents.files.set", {
        name,
        content: text,
        ...(opened.missing ? {} : { expectedHash: opened.hash }),
      });
      setOpened({ name, saved: text, hash, missing: false });
      setError(null);
      notify(`${name} was saved. It holds from the next message on.`);
      onSaved();
    } catch (cause) {
      setError(moltErrorFrom(cause));
    }
  };

  return (
    <>
      <textarea
        aria-label={`Content of ${name}`}
        className="field code min-h-80 w-full resize-y [field-sizing:content]"
        spellCheck={false}
        value={text}
        disabled={!opened}
        placeholder={opened?.missing ? "This file does not exist yet. Write here to make it." : ""}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key.toLowerCase() !== "s" || !(event.ctrlKey || event.metaKey)) return;
          event.preventDefault();
          void save();
        }}
      />
      {error && (
        <div role="alert" className="rounded-xl bg-rose-wash px-4 py-3 text-sm">
          <p className="font-medium text-rose">{sentence(error.message)}</p>
          <p>
            {error.code === "CONFLICT"
              ? "The assistant or another page changed this file. Your text is still here: copy what you need, then read the newer one."
              : error.hint}
          </p>
          {error.code === "CONFLICT" && (
            <Button className="mt-2" onClick={open}>
              Read the newer one
            </Button>
          )}
        </div>
      )}
      <div className="flex gap-2">
        <Button look="primary" onClick={save} disabled={!opened || text === opened.saved}>
          Save
        </Button>
        <Button look="quiet" onClick={() => opened && setText(opened.saved)} disabled={!opened || text === opened.saved}>
          Undo changes
        </Button>
      </div>
    </>
  );
}
