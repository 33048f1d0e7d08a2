/** Where in the page we are; kept in the fragment, so that every session has an address. */

import { useSyncExternalStore } from "react";

export type SettingsTab = "models" | "assistant" | "files" | "appearance" | "access" | "health";
export type Route = { page: "chat"; key: string | null } | { page: "settings"; tab: SettingsTab };

export const settingsTabs: readonly SettingsTab[] = ["models", "assistant", "files", "appearance", "access", "health"];

export function routeFrom(hash: string): Route {
  const [, page, rest] = hash.match(/^#\/([a-z]+)(?:\/(.*))?$/) ?? [];
  if (page === "settings") return { page, tab: settingsTabs.find((tab) => tab === rest) ?? "models" };
  if (page === "s" && rest) return { page: "chat", key: decoded(rest) };
  return { page: "chat", key: null };
}

export function hashOf(route: Route): string {
  if (route.page === "settings") return `#/settings/${route.tab}`;
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
