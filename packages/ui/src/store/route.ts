/** Where in the page we are; kept in the fragment, so that every session has an address. */

import { useSyncExternalStore } from "react";

export type SettingsTab = "models" | "assistant" | "files" | "appearance";
export type Route =
  | { page: "chat"; key: string | null }
  | { page: "settings"; tab: SettingsTab }
  /** Without an id, or with one that is not offered, the first page. */
  | { page: "admin"; id: string | null; rest: string | null };

export const settingsTabs: readonly SettingsTab[] = ["models", "assistant", "files", "appearance"];
/** Were tabs of Settings once: bookmarks still lead there. */
const movedTabs: readonly string[] = ["access", "health"];

export function routeFrom(hash: string): Route {
  const [, page, rest] = hash.match(/^#\/([a-z]+)(?:\/(.*))?$/) ?? [];
  if (page === "settings" && rest && movedTabs.includes(rest)) return { page: "admin", id: rest, rest: null };
  if (page === "settings") return { page, tab: settingsTabs.find((tab) => tab === rest) ?? "models" };
  if (page === "admin") {
    const [, id, more] = rest?.match(/^([a-z-]+)(?:\/(.*))?$/) ?? [];
    return { page, id: id ?? null, rest: more ? decoded(more) : null };
  }
  if (page === "s" && rest) return { page: "chat", key: decoded(rest) };
  return { page: "chat", key: null };
}

export function hashOf(route: Route): string {
  if (route.page === "settings") return `#/settings/${route.tab}`;
  if (route.page === "admin") {
    const rest = route.rest === null ? "" : `/${encodeURIComponent(route.rest)}`;
    return route.id === null ? "#/admin" : `#/admin/${route.id}${rest}`;
  }
  // Colons may stand in a fragment; leaving them makes the address readable.
  return route.key ? `#/s/${encodeURIComponent(route.key).replaceAll("%3A", ":")}` : "#/";
}

export function go(route: Route): void {
  const hash = hashOf(route);
  if (location.hash !== hash) location.hash = hash;
}

export function useRoute(): Route {
  const hash = useSyncExternalStore(listen, () => location.hash);
  return routeFrom(hash);
}

function listen(listener: () => void): () => void {
  addEventListener("hashchange", listener);
  return () => removeEventListener("hashchange", listener);
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
