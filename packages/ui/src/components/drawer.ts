/** Whether the column of conversations is a drawer, and whether that drawer is open. */

import { useSyncExternalStore } from "react";
import { createStore } from "../store/store.ts";

const narrowQuery = "(max-width: 47.99rem)";
const drawer = createStore({ open: false });

export function openDrawer(): void {
  drawer.update(() => ({ open: true }));
}

export function closeDrawer(): void {
  drawer.update((state) => (state.open ? { open: false } : state));
}

export function useDrawer(): { open: boolean; narrow: boolean } {
  const open = useSyncExternalStore(drawer.subscribe, () => drawer.get().open);
  const narrow = useSyncExternalStore(listenWidth, () => matchMedia(narrowQuery).matches);
  return { open, narrow };
}

function listenWidth(listener: () => void): () => void {
  const query = matchMedia(narrowQuery);
  query.addEventListener("change", listener);
  return () => query.removeEventListener("change", listener);
}
