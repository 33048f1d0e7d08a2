/** Conversations, files and settings of a snapshot, to be brought back one by one. */

import type { RestoreItem, SnapshotContents } from "@moltworker/protocol/snapshots";
import { useState } from "react";
import { Button } from "./button.tsx";

export function SnapshotChoice({ contents, onRestore }: { contents: SnapshotContents; onRestore(items: RestoreItem[]): void }) {
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const choices = [
    ...contents.sessions.map(({ key, title, messages }) => ({
      item: { kind: "session", name: key } as RestoreItem,
      text: title ?? key,
      note: `${messages} entries`,
    })),
    ...contents.files.map(({ path, sizeBytes }) => ({
      item: { kind: "file", name: path } as RestoreItem,
      text: path,
      note: `${sizeBytes.toLocaleString()} bytes`,
    })),
    { item: { kind: "config" } as RestoreItem, text: "All settings", note: "" },
  ];
  const idOf = (item: RestoreItem) => JSON.stringify(item);
  const toggle = (id: string) => setChosen(chosen.includes(id) ? chosen.filter((one) => one !== id) : [...chosen, id]);
  return (
    <fieldset className="mt-3 border-t border-line pt-3 text-sm">
      <legend className="sr-only">What to bring back</legend>
      <ul className="max-h-72 overflow-y-auto">
        {choices.map(({ item, text, note }) => (
          <li key={idOf(item)}>
            <label className="flex min-h-9 items-center gap-2.5 rounded-lg px-1 hover:bg-hover">
              <input type="checkbox" checked={chosen.includes(idOf(item))} onChange={() => toggle(idOf(item))} />
              <span className="min-w-0 flex-1 truncate">{text}</span>
              <span className="shrink-0 text-xs text-soft">{note}</span>
            </label>
          </li>
        ))}
      </ul>
      <Button
        look="primary"
        className="mt-2"
        disabled={chosen.length === 0}
        onClick={() => onRestore(choices.map(({ item }) => item).filter((item) => chosen.includes(idOf(item))))}
      >
        Bring back {chosen.length > 0 ? chosen.length : ""}
      </Button>
    </fieldset>
  );
}
