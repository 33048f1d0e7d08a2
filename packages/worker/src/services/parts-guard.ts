/** A part that cannot start is left out and named; the rest of the assistant starts as if it had never been there. */

import { MoltError, moltErrorFrom } from "@moltworker/protocol/errors";
import type { PartFault } from "@moltworker/protocol/rows";
import type { RouteGroup } from "../edge/route-group.ts";
import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/log.ts";
import type { Part } from "./part.ts";
import { partPaths } from "./part-paths.ts";

export interface PartsGuard {
  /**
   * Builds a part. One that throws is replaced: what others ask of it is refused in words, and it has no routes, no timers and
   * no work. `standIn`: what must answer all the same.
   */
  make<Made extends object>(name: string, create: () => Made, standIn?: Partial<Made>): Made;
  /** The part, whose work at waking and whose routes can fail without taking anything else along. */
  around(part: Part): Part;
  /** Runs work of the core, by its name, at waking. */
  run(name: string, work: () => unknown): void;
  faults(): PartFault[];
  /** To be added after the parts' own routes: where a part that could not start would answer, its name does. */
  refusals: RouteGroup;
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
    make(name, create, standIn = {}) {
      let made: ReturnType<typeof create> | undefined;
      attempt(name, "start", () => {
        made = create();
      });
      return made ?? switchedOff(name, standIn);
    },
    run: (name, work) => attempt(name, "wake", work),
    faults: () => [...faults.values()],
    refusals(app) {
      app.all("*", (context, next) => {
        const { method, path } = context.req;
        for (const { part, during } of faults.values())
          if (during === "start" && partPaths[part]?.(method, path)) return Promise.reject(couldNotStart(part));
        return next();
      });
    },
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

/** Whatever others reach in a part that is not there refuses when it is called. */
function switchedOff<Made extends object>(name: string, standIn: Partial<Made>): Made {
  const none: Part = {
    name,
    routes: undefined,
    answer: undefined,
    timers: undefined,
    wake: undefined,
    drain: undefined,
    prune: undefined,
  } as Part;
  const known = new Map<PropertyKey, unknown>([...Object.entries(none), ...Object.entries(standIn)]);
  return new Proxy({} as Made, {
    get: (_, key) => (known.has(key) ? known.get(key) : typeof key === "symbol" ? undefined : refusal(name)),
    // Spread, as the guard does it, gives what a part without any work has.
    ownKeys: () => Object.keys(standIn),
    getOwnPropertyDescriptor: (_, key) => ({ value: known.get(key), enumerable: true, configurable: true }),
  });
}

const couldNotStart = (name: string) =>
  new MoltError("UNAVAILABLE", {
    message: `${name} could not start and is switched off`,
    hint: "Run the doctor: it names the cause and the cure.",
    retryable: false,
  });

/** A function of any depth: `part.service.status()` is refused like `part.status()`. */
function refusal(name: string): unknown {
  const refuse = () => {
    throw couldNotStart(name);
  };
  return new Proxy(refuse, { get: (_, key) => (typeof key === "symbol" || key === "then" ? undefined : refusal(name)) });
}
