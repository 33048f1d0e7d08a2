/** For whom a run works: the owner, or people who get none of what is the owner's. */

import type { Tool } from "../agent/tool.ts";
import type { Principal } from "../auth/principal.ts";
import type { StoredRun } from "./run-store.ts";

export function audienceOf(run: Pick<StoredRun, "principal">): "owner" | "guests" {
  const principal = JSON.parse(run.principal) as Principal;
  return principal.kind === "channel" && principal.role === "guest" ? "guests" : "owner";
}

/** A stable list for each audience: schemas are made once per list. */
export function toolsFor(tools: readonly Tool[]): (run: Pick<StoredRun, "principal">) => readonly Tool[] {
  const guests = tools.filter((tool) => tool.forGuests === true);
  return (run) => (audienceOf(run) === "guests" ? guests : tools);
}
