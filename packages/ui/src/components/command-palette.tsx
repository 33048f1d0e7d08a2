/** Ctrl or Cmd K opens the palette from anywhere; the dialog itself is fetched when first wanted. */

import { lazy, Suspense, useEffect, useState } from "react";

const load = () => import("./palette-list.tsx");
const PaletteDialog = lazy(() => load().then((module) => ({ default: module.PaletteDialog })));
const opener = new EventTarget();

export function openPalette(): void {
  opener.dispatchEvent(new Event("open"));
}

/** Fetches the dialog ahead of its first use, so that what is typed right after the keys lands in it. */
export function preloadPalette(): void {
  void load();
}

export function CommandPalette() {
  const [open, setOpen] = useState(false);
  const [wanted, setWanted] = useState(false);
  useEffect(() => {
    const show = (next: (now: boolean) => boolean) => {
      setWanted(true);
      setOpen(next);
    };
    const onOpen = () => show(() => true);
    const onKey = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return;
      event.preventDefault();
      show((now) => !now);
    };
    opener.addEventListener("open", onOpen);
    addEventListener("keydown", onKey);
    return () => {
      opener.removeEventListener("open", onOpen);
      removeEventListener("keydown", onKey);
    };
  }, []);
  if (!wanted) return null;
  return (
    <Suspense fallback={null}>
      <PaletteDialog open={open} onOpenChange={setOpen} />
    </Suspense>
  );
}
