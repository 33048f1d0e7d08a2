/** The page's one store, and the hook that reads it. */

import { useSyncExternalStore } from "react";
import { type AppState, emptyThread, initialState, type Thread } from "./state.ts";
import { createStore } from "./store.ts";

export const app = createStore<AppState>(initialState());

/** Reads a part of the state. The selector must return the same value for the same state. */
export function useApp<Value>(selector: (state: AppState) => Value): Value {
  return useSyncExternalStore(app.subscribe, () => selector(app.get()));
}

const blankThreads = new Map<string, Thread>();

/** The thread under a key; an empty one, always the same, when nothing is known of it. */
export function threadOf(state: AppState, key: string): Thread {
  const thread = state.threads[key];
  if (thread) return thread;
  let blank = blankThreads.get(key);
  if (!blank) {
    blank = emptyThread(key);
    blankThreads.set(key, blank);
  }
  return blank;
}

export function updateThread(key: string, change: (thread: Thread) => Thread): void {
  app.update((state) => ({ ...state, threads: { ...state.threads, [key]: change(threadOf(state, key)) } }));
}
