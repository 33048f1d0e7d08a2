/** How the page looks, in this browser. */

import { useApp } from "../store/app.ts";
import { dismissSetupCard, setTheme } from "../store/preferences.ts";
import type { Theme } from "../store/state.ts";
import { Button } from "./button.tsx";

const themes: [Theme, string][] = [
  ["system", "As the system"],
  ["light", "Light"],
  ["dark", "Dark"],
];

export function AppearanceSettings() {
  const theme = useApp((state) => state.theme);
  const dismissed = useApp((state) => state.setupCardDismissed);
  return (
    <div className="flex flex-col gap-6">
      <fieldset>
        <legend className="font-semibold">Theme</legend>
        <p className="mb-2 text-sm text-soft">For this browser.</p>
        <div className="flex flex-wrap gap-2">
          {themes.map(([value, name]) => (
            <label
              key={value}
              className="cursor-pointer rounded-xl border border-line bg-raised px-4 py-2 text-sm hover:bg-hover has-checked:border-coral has-checked:bg-blush has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-coral"
            >
              <input type="radio" name="theme" className="sr-only" checked={theme === value} onChange={() => setTheme(value)} />
              {name}
            </label>
          ))}
        </div>
      </fieldset>
      {dismissed && (
        <div>
          <h2 className="font-semibold">Put away</h2>
          <p className="mb-2 text-sm text-soft">The card that helps with a first key.</p>
          <Button onClick={() => dismissSetupCard(false)}>Show it again</Button>
        </div>
      )}
    </div>
  );
}
