/** A list one types into: arrows move, Enter takes. Used by the palette and the list of models. */

import { type KeyboardEvent, type ReactNode, useEffect, useId, useMemo, useRef, useState } from "react";

export interface PickItem<Value> {
  id: string;
  group?: string;
  /** What typing is matched against. */
  text: string;
  disabled?: boolean;
  value: Value;
  view: ReactNode;
}

interface PickListProps<Value> {
  label: string;
  placeholder: string;
  items: PickItem<Value>[];
  initialId?: string;
  footer?: ReactNode;
  onPick(item: PickItem<Value>): void;
}

export function PickList<Value>({ label, placeholder, items, initialId, footer, onPick }: PickListProps<Value>) {
  const [query, setQuery] = useState("");
  const found = useMemo(() => matching(items, query), [items, query]);
  const [at, setAt] = useState(() =>
    Math.max(
      0,
      items.findIndex((item) => item.id === initialId),
    ),
  );
  const list = useRef<HTMLDivElement>(null);
  const id = useId();
  const active = found[Math.min(at, found.length - 1)];

  useEffect(() => {
    list.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  });

  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      setAt((now) => Math.max(0, Math.min(found.length - 1, now + step)));
    }
    if (event.key === "Enter" && active && !event.nativeEvent.isComposing) {
      event.preventDefault();
      if (!active.disabled) onPick(active);
    }
  };

  return (
    <>
      <input
        type="text"
        role="combobox"
        aria-expanded="true"
        aria-controls={id}
        aria-activedescendant={active && `${id}-${active.id}`}
        aria-label={label}
        placeholder={placeholder}
        autoComplete="off"
        spellCheck={false}
        value={query}
        onChange={(event) => {
          setQuery(event.target.value);
          setAt(0);
        }}
        onKeyDown={onKeyDown}
        className="mb-1 h-10 w-full shrink-0 rounded-xl bg-transparent px-3 outline-none"
      />
      <div
        ref={list}
        id={id}
        role="listbox"
        aria-label={label}
        className="min-h-0 flex-1 overflow-y-auto border-t border-line pt-1"
      >
        {found.map((item, index) => (
          <div key={item.id}>
            {item.group && item.group !== found[index - 1]?.group && (
              <p className="px-3 pb-1 pt-2.5 text-xs text-soft" aria-hidden="true">
                {item.group}
              </p>
            )}
            <div
              id={`${id}-${item.id}`}
              role="option"
              tabIndex={-1}
              aria-selected={item === active}
              aria-disabled={item.disabled}
              onPointerMove={() => item !== active && setAt(index)}
              onClick={() => !item.disabled && onPick(item)}
              onKeyDown={onKeyDown}
              className={`cursor-pointer rounded-xl px-3 py-1.5 aria-disabled:cursor-default aria-disabled:opacity-60 ${item === active ? "bg-hover" : ""}`}
            >
              {item.view}
            </div>
          </div>
        ))}
        {found.length === 0 && <p className="px-3 py-4 text-sm text-soft">Nothing fits “{query}”.</p>}
      </div>
      {footer && <div className="mt-1 shrink-0 border-t border-line pt-1">{footer}</div>}
    </>
  );
}

/** Items that hold every word of the query; those that begin with it come first, groups stay together. */
function matching<Value>(items: PickItem<Value>[], query: string): PickItem<Value>[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return items;
  const first = words[0] ?? "";
  const hits = items.filter((item) => words.every((word) => item.text.toLowerCase().includes(word)));
  const score = (item: PickItem<Value>) => (item.text.toLowerCase().startsWith(first) ? 0 : 1);
  const groups = [...new Set(hits.toSorted((a, b) => score(a) - score(b)).map((item) => item.group))];
  return groups.flatMap((group) => hits.filter((item) => item.group === group).toSorted((a, b) => score(a) - score(b)));
}
