/**
 * Work that is given a time. Not by `AbortSignal.timeout`: workerd counts each of those against the object's ten thousand timers for as
 * long as the object lives, also when it has fired, and with the last one nothing works any more.
 */

/** Its signal aborts after `ms`; the timer ends with the work. */
export async function withDeadline<Result>(ms: number, work: (signal: AbortSignal) => Result): Promise<Awaited<Result>> {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(new DOMException("The operation timed out.", "TimeoutError")), ms);
  try {
    return await work(controller.signal);
  } finally {
    clearTimeout(timer);
  }
}
