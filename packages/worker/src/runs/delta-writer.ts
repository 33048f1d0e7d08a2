/** Joins text deltas into fewer events: the first goes out at once, the rest at most every 40 ms, all of it before the step ends. */

import type { Clock } from "../platform/clock.ts";

const pauseMs = 40;

export interface DeltaWriter {
  add(delta: string): void;
  flush(): void;
  /** Everything added so far. */
  readonly text: string;
}

export function createDeltaWriter(clock: Clock, write: (delta: string, text: string) => void): DeltaWriter {
  let pending = "";
  let lastWriteMs = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const writer = {
    text: "",
    flush() {
      if (timer !== undefined) clearTimeout(timer);
      timer = undefined;
      if (pending === "") return;
      const delta = pending;
      pending = "";
      lastWriteMs = clock.now();
      write(delta, writer.text);
    },
    add(delta: string) {
      pending += delta;
      writer.text += delta;
      const waitedMs = clock.now() - lastWriteMs;
      if (waitedMs >= pauseMs) writer.flush();
      else timer ??= setTimeout(writer.flush, pauseMs - waitedMs);
    },
  };
  return writer;
}
