/** What changes in an account's settings when a provider gives a group another id. Pure. */

import type { ChannelAccountSettings } from "../config/sections/channels.ts";

/** undefined: nothing was set for it, so nothing moves. */
export function movedGroup(
  { groups, groupPolicy }: Pick<ChannelAccountSettings, "groups" | "groupPolicy">,
  from: string,
  to: string,
): { groups: Record<string, object> } | undefined {
  const group = groups[from];
  if (groups[to] || (!group && groupPolicy !== "open")) return undefined;
  return { groups: { [to]: { ...group, formerId: group?.formerId ?? from } } };
}
