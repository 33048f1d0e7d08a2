/** What the palette lists: every command, conversation and model, by name. */

import { Dialog } from "@base-ui/react/dialog";
import { offeredPages } from "../admin/pages.ts";
import { useApp } from "../store/app.ts";
import { type Command, offeredCommands } from "../store/commands.ts";
import { go } from "../store/route.ts";
import { sessionRows } from "../store/select.ts";
import { chooseModel } from "../store/sessions.ts";
import { fillField } from "./drafts.ts";
import { type PickItem, PickList } from "./pick-list.tsx";

export function PaletteDialog({ open, onOpenChange }: { open: boolean; onOpenChange(open: boolean): void }) {
  return (
    <Dialog.Root open={open} onOpenChange={onOpenChange}>
      <Dialog.Portal>
        <Dialog.Backdrop className="fixed inset-0 z-40 animate-fade bg-[rgb(25_15_12/0.35)]" />
        <Dialog.Popup className="fixed inset-x-3 top-[12vh] z-50 mx-auto flex max-h-[64vh] max-w-xl animate-fade flex-col rounded-2xl border border-line bg-raised p-2 shadow-lift outline-none">
          <Dialog.Title className="sr-only">Command palette</Dialog.Title>
          <PaletteList onDone={() => onOpenChange(false)} />
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function PaletteList({ onDone }: { onDone(): void }) {
  const sessions = useApp(sessionRows);
  const models = useApp((state) => state.models);
  const key = useApp((state) => state.currentKey);
  const methods = useApp((state) =>
    state.connection.phase === "connected" ? state.connection.hello.features.methods : undefined,
  );
  const items: PickItem<() => void>[] = [
    ...offeredCommands().map((command) => ({
      id: `do-${command.name}`,
      group: "Do",
      text: `${command.title} ${command.name} ${command.hint}`,
      value: () => runCommand(command),
      view: <Line title={command.title} note={command.hint} keys={`/${command.name}`} />,
    })),
    ...sessions.map((row) => ({
      id: `go-${row.key}`,
      group: "Conversations",
      text: `${row.displayName} ${row.key}`,
      value: () => go({ page: "chat", key: row.key }),
      view: <Line title={row.displayName} note={row.lastMessage ?? ""} />,
    })),
    ...offeredPages(methods).map((page) => ({
      id: `admin-${page.id}`,
      group: "Admin",
      text: `${page.name} admin ${page.hint}`,
      value: () => go({ page: "admin", id: page.id, rest: null }),
      view: <Line title={page.name} note={page.hint} />,
    })),
    ...models
      .filter((model) => model.available)
      .map((model) => ({
        id: `use-${model.ref}`,
        group: "Use a model here",
        text: `${model.name} ${model.ref} model`,
        value: () => void chooseModel(key, model.ref),
        view: <Line title={model.name} note={model.provider} />,
      })),
  ];
  return (
    <PickList
      label="Command palette"
      placeholder="Do, go or choose…"
      items={items}
      onPick={(item) => {
        onDone();
        item.value();
      }}
    />
  );
}

/** A command that needs words is finished in the field. */
function runCommand(command: Command): void {
  if (!command.takes || command.name === "model") return command.run("");
  requestAnimationFrame(() => fillField(`/${command.name} `));
}

function Line({ title, note, keys }: { title: string; note: string; keys?: string }) {
  return (
    <span className="flex items-baseline gap-3 text-sm">
      <span className="max-w-[60%] shrink-0 truncate">{title}</span>
      <span className="min-w-0 flex-1 truncate text-xs text-soft">{note}</span>
      {keys && <span className="font-mono text-xs text-soft">{keys}</span>}
    </span>
  );
}
