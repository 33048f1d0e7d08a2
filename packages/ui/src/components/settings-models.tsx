/** Providers: which work, which lack a key, which were found on this machine; and the assistant's own model. */

import type { ProviderStatus } from "@moltworker/protocol/rows";
import ChevronRight from "lucide-react/icons/chevron-right";
import { useEffect } from "react";
import { useApp } from "../store/app.ts";
import { dateTimeText } from "../store/format.ts";
import { lookForModels, refreshModels } from "../store/gateway.ts";
import { sentence } from "../store/notices.ts";
import { DefaultModel } from "./default-model.tsx";
import { ProviderForm } from "./provider-form.tsx";

export function ModelSettings() {
  const providers = useApp((state) => state.providers);
  useEffect(() => {
    void lookForModels().then(() => refreshModels().catch(() => {}));
  }, []);
  const shown = providers.filter((provider) => provider.id !== "demo").toSorted((a, b) => rank(a) - rank(b));
  return (
    <>
      <DefaultModel />
      <h2 className="mb-1 mt-8 font-semibold">Providers</h2>
      <p className="mb-3 text-sm text-soft">
        A key is tested with one real call before it is kept. It stays with the assistant and is never shown again, not even to
        you.
      </p>
      <ul className="flex flex-col gap-2">
        {shown.map((provider) => (
          <ProviderRow key={provider.id} provider={provider} />
        ))}
      </ul>
    </>
  );
}

function ProviderRow({ provider }: { provider: ProviderStatus }) {
  const models = useApp((state) => state.models);
  const count = models.filter((model) => model.provider === provider.id && model.available).length;
  const [tone, words] = standing(provider, count);
  return (
    <li>
      <details className="group rounded-2xl border border-line bg-raised" data-provider={provider.id} data-state={provider.state}>
        <summary className="flex min-h-12 list-none items-center gap-3 rounded-2xl px-4 py-2 hover:bg-hover">
          <span className="font-medium">{provider.label}</span>
          <span className={`ml-auto text-right text-sm ${tone}`}>{words}</span>
          <ChevronRight size={16} className="shrink-0 text-faint transition-transform group-open:rotate-90" aria-hidden="true" />
        </summary>
        <div className="border-t border-line p-4">
          {provider.lastError && provider.state !== "ready" && (
            <p className="mb-3 text-sm">
              <span className="text-rose">{sentence(provider.lastError.message)}.</span> {provider.lastError.hint}{" "}
              <span className="text-soft">({dateTimeText(provider.lastError.at)})</span>
            </p>
          )}
          <p className="mb-3 break-all font-mono text-xs text-soft">{provider.baseUrl}</p>
          <ProviderForm provider={provider} makeDefault={count === 0} />
        </div>
      </details>
    </li>
  );
}

function standing(provider: ProviderStatus, models: number): [tone: string, words: string] {
  const offers = models === 1 ? "1 model" : `${models} models`;
  const from = { none: "found on this machine", environment: "key from the environment", typed: "key kept" }[provider.keySource];
  switch (provider.state) {
    case "ready":
      return ["text-kelp", `Works · ${provider.keySource === "none" && provider.needsKey ? offers : `${from} · ${offers}`}`];
    case "no-key":
      return ["text-soft", "No key yet"];
    case "rejected":
      return ["text-rose", "Key rejected"];
    case "unreachable":
      return ["text-rose", "Does not answer"];
    case "not-found":
      return ["text-soft", "Not running here"];
  }
}

function rank(provider: ProviderStatus): number {
  return ["ready", "rejected", "unreachable", "no-key", "not-found"].indexOf(provider.state);
}
