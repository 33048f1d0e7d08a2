/** How long to wait before the next restart, and when to give up. Pure: the caller brings the times. */

export interface Backoff {
  /** Milliseconds to wait after a crash, or undefined when it crashed too often in a row. */
  next(ranForMs: number): number | undefined;
}

export function createBackoff(): Backoff {
  const [firstMs, longestMs, healthyMs, quickCrashes] = [250, 10_000, 60_000, 6];
  let crashes = 0;
  return {
    next(ranForMs) {
      crashes = ranForMs >= healthyMs ? 1 : crashes + 1;
      return crashes >= quickCrashes ? undefined : Math.min(firstMs * 2 ** (crashes - 1), longestMs);
    },
  };
}
