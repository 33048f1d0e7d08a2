/** Commands that fit what was typed after a slash. */

import { type Command, offeredCommands } from "../store/commands.ts";

export function matchingCommands(text: string): Command[] {
  const [, typed] = /^\/([a-z]*)$/.exec(text) ?? [];
  return typed === undefined
    ? []
    : offeredCommands()
        .filter((command) => command.name.startsWith(typed))
        .slice(0, 8);
}

export function SlashMenu({
  commands: offered,
  picked,
  onPick,
}: {
  commands: Command[];
  picked: number;
  onPick(command: Command): void;
}) {
  if (offered.length === 0) return null;
  return (
    <div
      id="slash-commands"
      role="listbox"
      aria-label="Commands"
      className="absolute inset-x-0 bottom-full z-20 mb-2 max-h-72 animate-fade overflow-y-auto rounded-2xl border border-line bg-raised p-1.5 shadow-lift"
    >
      {offered.map((command, index) => (
        <div
          key={command.name}
          id={`slash-${command.name}`}
          role="option"
          tabIndex={-1}
          aria-selected={index === picked}
          onPointerDown={(event) => {
            event.preventDefault();
            onPick(command);
          }}
          className={`flex cursor-pointer items-baseline gap-3 rounded-xl px-3 py-2 text-sm ${index === picked ? "bg-hover" : ""}`}
        >
          <span className="font-mono font-medium">/{command.name}</span>
          {command.takes && <span className="text-soft">{command.takes}</span>}
          <span className="ml-auto truncate text-soft">{command.title}</span>
        </div>
      ))}
    </div>
  );
}
