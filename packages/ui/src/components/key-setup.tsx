/** Choose a provider, paste its key, hear at once whether it works. */

import { useState } from "react";
import { useApp } from "../store/app.ts";
import { localProviders } from "../store/select.ts";
import { ProviderForm } from "./provider-form.tsx";

const usual = ["anthropic", "openai", "google", "openrouter"];

export function KeySetup() {
  const providers = useApp((state) => state.providers);
  const offered = providers.filter((provider) => provider.id !== "demo");
  const sorted = offered.toSorted((a, b) => rank(a.id) - rank(b.id));
  const [chosen, setChosen] = useState<string | null>(null);
  const provider = sorted.find((row) => row.id === chosen) ?? sorted.find((row) => row.needsKey) ?? sorted[0];
  const local = localProviders(providers);
  if (!provider) return null;
  return (
    <div className="mt-3 flex flex-col gap-3">
      {local.length > 0 && (
        <p className="rounded-xl bg-kelp-wash px-3 py-2 text-sm text-kelp">
          Found on this machine: {local.map((row) => row.label).join(" and ")}. No key needed; choose its model below the field.
        </p>
      )}
      <label className="flex flex-col gap-1 text-sm">
        <span className="text-soft">Provider</span>
        <select className="field" value={provider.id} onChange={(event) => setChosen(event.target.value)}>
          {sorted.map((row) => (
            <option key={row.id} value={row.id}>
              {row.label}
            </option>
          ))}
        </select>
      </label>
      <ProviderForm key={provider.id} provider={provider} makeDefault />
    </div>
  );
}

function rank(id: string): number {
  const at = usual.indexOf(id);
  return at < 0 ? usual.length : at;
}
