/** A part that cannot start is left out and named; the rest of the assistant starts as if it had never been there. */

import { moltErrorFrom } from "@moltworker/protocol/errors";
import type { PartFault } from "@moltworker/protocol/rows";
import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/log.ts";
import type { Part } from "./part.ts";

export interface PartsGuard {
  /** The part, whose work at waking and whose routes can fail without taking anything else along. */
  around(part: Part): Part;
  /** Runs work of the core, by its name, at waking. */
  run(name: string, work: () => unknown): void;
  faults(): PartFault[];
}

export function createPartsGuard(clock: Clock, log: Log): PartsGuard {
  const faults = new Map<string, PartFault>();

  function attempt(name: string, during: PartFault["during"], work: () => unknown): void {
    try {
      work();
    } catch (thrown) {
      const { cause, message } = moltErrorFrom(thrown);
      const words = cause instanceof Error ? cause.message : message;
      log.error("part.failed", { part: name, during, error: thrown });
      faults.set(name, { part: name, during, message: words.slice(0, 300), at: clock.now() });
    }
  }

  return {
    run: (name, work) => attempt(name, "wake", work),
    faults: () => [...faults.values()],
    around(part) {
      const { routes, wake } = part;
      const name = part.name ?? Object.keys(part.timers ?? {})[0] ?? "a part without a name";
      return {
        ...part,
        ...(routes ? { routes: (app, allowed) => attempt(name, "start", () => routes(app, allowed)) } : {}),
        // What could not start is not woken.
        ...(wake ? { wake: () => (faults.has(name) ? undefined : attempt(name, "wake", () => wake.call(part))) } : {}),
      };
    },
  };
}
