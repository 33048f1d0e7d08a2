/** The list of models that opens below the field: which one answers here, and how long it may think. */

import { Popover } from "@base-ui/react/popover";
import type { ModelRow, ThinkingLevel } from "@moltworker/protocol/rows";
import Check from "lucide-react/icons/check";
import { useEffect, useState } from "react";
import { useApp } from "../store/app.ts";
import { openModelPicker } from "../store/commands.ts";
import { lookForModels } from "../store/gateway.ts";
import { go } from "../store/route.ts";
import { thinkingOf } from "../store/select.ts";
import { chooseModel, chooseThinking } from "../store/sessions.ts";
import { ModelLabel, modelButtonLook } from "./model-label.tsx";
import { PickList } from "./pick-list.tsx";

export function ModelPopover({ sessionKey, model, chosen }: { sessionKey: string; model: ModelRow | undefined; chosen: string }) {
  const [open, setOpen] = useState(false);
  const thinking = useApp((state) => thinkingOf(state, sessionKey));
  const show = (next: boolean) => {
    setOpen(next);
    // What a provider offers changes without us: a local server was started, a model was added.
    if (next) void lookForModels();
  };
  useEffect(() => {
    const onOpen = () => show(true);
    openModelPicker.addEventListener("open", onOpen);
    return () => openModelPicker.removeEventListener("open", onOpen);
  });
  const close = (then: () => void) => () => {
    setOpen(false);
    then();
  };
  return (
    <Popover.Root open={open} onOpenChange={show}>
      <Popover.Trigger className={modelButtonLook} aria-label={`Model: ${model?.name ?? (chosen || "none")}`}>
        <ModelLabel model={model} chosen={chosen} sessionKey={sessionKey} />
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Positioner side="top" align="start" sideOffset={10} className="z-40">
          <Popover.Popup className="flex max-h-[min(32rem,var(--available-height))] w-[min(26rem,calc(100vw-1.5rem))] animate-fade flex-col rounded-2xl border border-line bg-raised p-2 shadow-lift outline-none">
            <Popover.Title className="sr-only">Choose a model</Popover.Title>
            <Models
              chosen={chosen}
              onPick={(row) => close(() => void chooseModel(sessionKey, row.ref))()}
              onSettings={close(() => go({ page: "settings", tab: "models" }))}
            />
            {model?.reasoning && model.thinkingLevels.length > 1 && (
              <Thinking levels={model.thinkingLevels} chosen={thinking} onPick={(level) => chooseThinking(sessionKey, level)} />
            )}
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
}

function Models({ chosen, onPick, onSettings }: { chosen: string; onPick(model: ModelRow): void; onSettings(): void }) {
  const models = useApp((state) => state.models);
  const providers = useApp((state) => state.providers);
  const label = (id: string) => providers.find((provider) => provider.id === id)?.label ?? id;
  const items = inOrder(models).map((model) => ({
    id: model.ref,
    group: label(model.provider),
    text: `${model.name} ${model.ref}`,
    disabled: !model.available,
    value: model,
    view: <ModelLine model={model} chosen={model.ref === chosen} />,
  }));
  return (
    <PickList
      label="Models"
      placeholder="Find a model"
      items={items}
      initialId={chosen}
      onPick={(item) => onPick(item.value)}
      footer={
        <button
          type="button"
          className="w-full rounded-xl px-3 py-2 text-left text-sm text-coral hover:bg-hover"
          onClick={onSettings}
        >
          Add a provider or key…
        </button>
      }
    />
  );
}

/** Providers that work come first, each with all its models. */
function inOrder(models: ModelRow[]): ModelRow[] {
  const works = new Set(models.filter((model) => model.available).map((model) => model.provider));
  return models.toSorted((a, b) => Number(works.has(b.provider)) - Number(works.has(a.provider)));
}

function ModelLine({ model, chosen }: { model: ModelRow; chosen: boolean }) {
  const facts = [
    model.input.includes("image") && "sees images",
    model.reasoning && "thinks",
    model.price && model.price.input + model.price.output > 0 && `$${model.price.input} / $${model.price.output} per M`,
  ]
    .filter(Boolean)
    .join(" · ");
  return (
    <span className="flex items-center gap-2">
      <span className="min-w-0 flex-1">
        <span className="block truncate text-sm">{model.name}</span>
        <span className="block truncate text-xs text-soft">{model.available ? facts || model.ref : model.unavailableReason}</span>
      </span>
      {chosen && <Check size={16} className="shrink-0 text-coral" aria-label="in use" />}
    </span>
  );
}

function Thinking({
  levels,
  chosen,
  onPick,
}: {
  levels: ThinkingLevel[];
  chosen: ThinkingLevel;
  onPick(level: ThinkingLevel): void;
}) {
  return (
    <fieldset className="mt-1 flex items-center gap-1 border-t border-line px-2 pt-2">
      <legend className="sr-only">Thinking level</legend>
      <span className="mr-auto text-sm text-soft" aria-hidden="true">
        Thinking
      </span>
      {levels.map((level) => (
        <label
          key={level}
          className="cursor-pointer rounded-lg px-2 py-1 text-xs text-soft hover:bg-hover has-checked:bg-blush has-checked:font-medium has-checked:text-coral has-focus-visible:outline-2 has-focus-visible:outline-coral"
        >
          <input type="radio" name="thinking" className="sr-only" checked={level === chosen} onChange={() => onPick(level)} />
          {level}
        </label>
      ))}
    </fieldset>
  );
}
