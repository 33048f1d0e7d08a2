/** What this browser remembers for itself: the theme, and whether the key card was put away. No secret is ever stored. */

import { app } from "./app.ts";
import type { AppState, Theme } from "./state.ts";

const themeKey = "moltworker.theme";
const cardKey = "moltworker.setup-card";

export function storedPreferences(): Pick<AppState, "theme" | "setupCardDismissed"> {
  const theme = read(themeKey);
  return { theme: theme === "light" || theme === "dark" ? theme : "system", setupCardDismissed: read(cardKey) === "dismissed" };
}

export function setTheme(theme: Theme): void {
  write(themeKey, theme === "system" ? null : theme);
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  app.update((state) => ({ ...state, theme }));
}

export function dismissSetupCard(dismissed: boolean): void {
  write(cardKey, dismissed ? "dismissed" : null);
  app.update((state) => ({ ...state, setupCardDismissed: dismissed }));
}

function read(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function write(key: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, value);
  } catch {
    // Storage is blocked: the choice lasts until the page closes.
  }
}
