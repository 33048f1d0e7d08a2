/**
 * Many deadlines behind one timer of the platform, which costs more to set and to clear than the rest of a short exchange.
 * A timer belongs to the object that set it: one of these per object, never one for all.
 */

export interface Deadline {
  /** Epoch milliseconds of the next look. May move later by itself; whoever moves it earlier calls `watch` again. */
  dueAt: number;
  /** It came. Sets another `dueAt`, or is dropped. */
  due(now: number): void;
}

export interface Deadlines {
  watch(deadline: Deadline): void;
  drop(deadline: Deadline): void;
}

export function createDeadlines(now: () => number = Date.now): Deadlines {
  const watched = new Set<Deadline>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let timerAt = Number.POSITIVE_INFINITY;

  function arm(at: number): void {
    if (at >= timerAt) return;
    clearTimeout(timer);
    timerAt = at;
    timer = setTimeout(look, Math.max(0, at - now()));
  }

  function look(): void {
    timerAt = Number.POSITIVE_INFINITY;
    const at = now();
    for (const deadline of [...watched]) {
      if (deadline.dueAt > at) continue;
      deadline.due(at);
      if (deadline.dueAt <= at) watched.delete(deadline);
    }
    let next = Number.POSITIVE_INFINITY;
    for (const { dueAt } of watched) next = Math.min(next, dueAt);
    if (next < Number.POSITIVE_INFINITY) arm(next);
  }

  return {
    watch(deadline) {
      watched.add(deadline);
      arm(deadline.dueAt);
    },
    // The timer is left to come: it then looks at what is still there.
    drop: (deadline) => void watched.delete(deadline),
  };
}
