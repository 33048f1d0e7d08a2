/** The assistant itself: what it is called, how long it thinks. */

import { type ThinkingLevel, thinkingLevels } from "@moltworker/protocol/rows";
import { type FormEvent, useState } from "react";
import { useApp } from "../store/app.ts";
import { patchConfig } from "../store/config.ts";
import { Button } from "./button.tsx";

const meanings: Record<ThinkingLevel, string> = {
  off: "Answers at once.",
  minimal: "A short thought first.",
  low: "A little thought; good for everyday work.",
  medium: "Thinks things through; slower and dearer.",
  high: "Takes its time on hard things.",
};

export function AssistantSettings() {
  const saved = useApp((state) => state.assistantName);
  const thinking = useApp((state) => state.thinkingLevel) ?? "off";
  const [name, setName] = useState(saved);
  const keepName = (event: FormEvent) => {
    event.preventDefault();
    const next = name.trim();
    if (next !== "" && next !== saved)
      void patchConfig({ agent: { name: next } }, (state) => ({ ...state, assistantName: next }));
  };
  return (
    <div className="flex flex-col gap-8">
      <form onSubmit={keepName}>
        <label htmlFor="assistant-name" className="font-semibold">
          Name
        </label>
        <p id="assistant-name-about" className="text-sm text-soft">
          How it calls itself, here and in its messages.
        </p>
        <div className="mt-1 flex gap-2">
          <input
            id="assistant-name"
            aria-describedby="assistant-name-about"
            className="field w-full max-w-xs"
            value={name}
            maxLength={60}
            onChange={(event) => setName(event.target.value)}
          />
          <Button type="submit" disabled={name.trim() === "" || name.trim() === saved}>
            Save
          </Button>
        </div>
      </form>
      <fieldset>
        <legend className="font-semibold">Thinking</legend>
        <p className="mb-2 text-sm text-soft">For models that can; a conversation may choose otherwise.</p>
        {thinkingLevels.map((level) => (
          <label key={level} className="flex cursor-pointer items-baseline gap-3 rounded-xl px-2 py-1.5 hover:bg-hover">
            <input
              type="radio"
              name="default-thinking"
              checked={level === thinking}
              onChange={() => patchConfig({ agent: { thinking: level } }, (state) => ({ ...state, thinkingLevel: level }))}
            />
            <span className="w-20">{level}</span>
            <span className="text-sm text-soft">{meanings[level]}</span>
          </label>
        ))}
      </fieldset>
    </div>
  );
}
