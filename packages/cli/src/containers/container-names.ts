/**
 * workerd names a container after its object alone, so two assistants on one machine would share one. On the engine each name
 * carries the data folder it belongs to.
 */

import { createHash } from "node:crypto";

/** The uniqueKey of the container objects' class in the configuration of workerd. */
export const containerKey = "moltworker-ContainerObject";

export interface NamedContainer {
  /** The object's id. */
  object: string;
  isNetwork: boolean;
}

/** Tells the assistants of this machine apart: a mark of the data folder's real path. */
export function ownerOf(folder: string): string {
  return createHash("sha256").update(folder).digest("hex").slice(0, 12);
}

/** undefined for a name that is none of ours. */
export function parseName(name: string): NamedContainer | undefined {
  const match = new RegExp(`^workerd-${containerKey}-([0-9a-f]{64})(-proxy)?$`).exec(name);
  return match?.[1] ? { object: match[1], isNetwork: match[2] !== undefined } : undefined;
}

export function engineName(owner: string, { object, isNetwork }: NamedContainer): string {
  return `moltworker-${owner}-${object.slice(0, 24)}${isNetwork ? "-network" : ""}`;
}
