/** A few pieces of work at once, and no more: memory stays bounded whatever waits. */

export interface Parallel {
  /** Resolves once there is room and the work has begun; its end is `result`. */
  start<Value>(work: () => Promise<Value>): Promise<{ result: Promise<Value> }>;
}

export function createParallel(most: number): Parallel {
  const running = new Set<Promise<unknown>>();
  return {
    async start(work) {
      while (running.size >= most) await Promise.race(running);
      const begun = work();
      // The caller awaits the work itself; a failure before that must not count as nobody's.
      const leave = () => void running.delete(ended);
      const ended: Promise<void> = begun.then(leave, leave);
      running.add(ended);
      begun.catch(() => undefined);
      return { result: begun };
    },
  };
}
