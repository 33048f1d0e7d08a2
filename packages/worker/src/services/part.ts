/**
 * A part of the assistant that stands beside its core (channels, snapshots, containers, …). Each is put together in a file of
 * its own in this folder, and `services.ts` lists it inside the guard, which switches off and names one that throws.
 */

import type { RouteGroup } from "../edge/route-group.ts";
import type { TimerWork } from "../schedule/alarm.ts";

export interface Part {
  /** For the doctor, when it fails. */
  name?: string;
  /** Routes inside the Assistant object; their paths stand in `edge/assistant-paths.ts` unless they begin with `/api/`. */
  routes?: RouteGroup;
  /** Answers a request before any route is looked at; undefined leaves it to them. For what cannot afford the routes' detour. */
  answer?(request: Request): Promise<Response> | undefined;
  /** Work of the one alarm, by the timer's name. */
  timers?: Record<string, TimerWork>;
  /** Takes up what an earlier life of the object left; called at every wake, after the runs. Never throws. */
  wake?(): void;
  /** The assistant is about to end: what is not kept yet is kept now. Never rejects. */
  drain?(): Promise<void>;
  /** Drops what is out of date; called every ten minutes. Never throws. */
  prune?(): void;
}
