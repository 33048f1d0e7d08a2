/**
 * One placeholder is on its way at a time, whatever its chat: a kill then leaves no more than one of which nobody knows whether it
 * stands. A provider that does not answer holds up the others for a moment only.
 */

export interface ClaimWindow {
  /** True: it may go now, and `leave` follows. False: `wake` is called when it may try again. */
  enter(lane: string): boolean;
  leave(lane: string): void;
}

/** Longer than this nobody is waited for: the next one goes beside it. */
const patienceMs = 2_000;

/** `wake` enters again at once, or leaves it to the next one. */
export function createClaimWindow(wake: (lane: string) => void): ClaimWindow {
  const waiting: string[] = [];
  let holder: string | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function open(): void {
    clearTimeout(timer);
    holder = undefined;
    while (holder === undefined) {
      const next = waiting.shift();
      if (next === undefined) return;
      wake(next);
    }
  }

  return {
    enter(lane) {
      if (holder !== undefined) {
        waiting.push(lane);
        return false;
      }
      holder = lane;
      timer = setTimeout(open, patienceMs);
      return true;
    },
    leave(lane) {
      if (holder === lane) open();
    },
  };
}
