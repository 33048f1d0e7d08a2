/** A container object as others reach it. */

import type { WireError } from "@moltworker/protocol/errors";
import type { ContainerRow } from "./container-row.ts";
import type { ContainerSpec } from "./container-spec.ts";

/** Errors do not survive the way between objects; their wire form does. */
export type Told<Value> = { ok: true; value: Value } | { ok: false; error: WireError };

/** What may be told of the row: everything but its secrets. */
export type ContainerStatus = Omit<ContainerRow, "secret" | "egressSecret"> & { jobs: number; wantedImage: string | null };

export interface ContainerStub {
  /** Starts it if need be; the generation that is ready. */
  ensure(spec: ContainerSpec): Promise<Told<number>>;
  /** How it stands; starts nothing. `image` says what would run now. Undefined where there are no containers. */
  status(image: string): Promise<ContainerStatus | undefined>;
  stop(cause: string): Promise<Told<void>>;
  remove(): Promise<Told<void>>;
  lines(): Promise<Told<string[]>>;
  /** A request to the generation that it names. Refusals carry `x-moltworker-refused` and a body of `{error}`. */
  fetch(request: Request): Promise<Response>;
}
