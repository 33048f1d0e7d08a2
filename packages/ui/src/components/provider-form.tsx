/** A key for one provider: tested with a real call before it is kept; a failure says why and what to do. */

import type { ProviderStatus } from "@moltworker/protocol/rows";
import type { ReactNode } from "react";
import { refreshModels, request } from "../store/gateway.ts";
import { notify, notifyError, sentence } from "../store/notices.ts";
import { Button } from "./button.tsx";
import { useProviderForm } from "./use-provider-form.ts";

export interface ProviderFormProps {
  provider: ProviderStatus;
  /** The provider's model becomes the assistant's. */
  makeDefault: boolean;
}

export function ProviderForm({ provider, makeDefault }: ProviderFormProps) {
  const form = useProviderForm(provider, makeDefault);
  const takesKey = provider.needsKey || provider.keySource !== "none" || provider.id.includes("compatible");
  return (
    <form onSubmit={form.submit} className="flex flex-col gap-3 text-sm">
      {takesKey && (
        <KeyField provider={provider}>
          <input
            type="password"
            name="api-key"
            autoComplete="off"
            spellCheck={false}
            className="field font-mono"
            value={form.key}
            aria-invalid={form.error !== null}
            onChange={(event) => form.setKey(event.target.value)}
            placeholder={provider.keySource === "none" ? "Paste it here" : "Paste a new one to replace it"}
          />
        </KeyField>
      )}
      {provider.baseUrlEditable && (
        <details open={!provider.needsKey && provider.state !== "ready"}>
          <summary className="w-fit list-none text-soft underline underline-offset-2">Another address</summary>
          <input
            type="url"
            name="base-url"
            aria-label="Base URL"
            className="field mt-1.5 w-full font-mono"
            value={form.baseUrl}
            onChange={(event) => form.setBaseUrl(event.target.value)}
            placeholder={provider.baseUrl || "http://127.0.0.1:11434/v1"}
          />
        </details>
      )}
      {form.error && (
        <div role="alert" className="rounded-xl bg-rose-wash px-3 py-2" data-error={form.error.code}>
          <p className="font-medium text-rose">{sentence(form.error.message)}</p>
          <p>{form.error.hint}</p>
        </div>
      )}
      <div className="flex flex-wrap gap-2">
        <Button look="primary" type="submit" disabled={!form.ready}>
          {form.testing ? "Testing with a real call…" : "Test and keep"}
        </Button>
        {provider.keySource === "typed" && <ForgetButton provider={provider} />}
      </div>
    </form>
  );
}

function KeyField({ provider, children }: { provider: ProviderStatus; children: ReactNode }) {
  return (
    <div className="flex flex-col gap-1">
      {provider.keyUrl && (
        <a
          href={provider.keyUrl}
          target="_blank"
          rel="noopener noreferrer"
          className="order-last self-start text-coral underline underline-offset-2"
        >
          Get a key from {provider.label}
        </a>
      )}
      {/* biome-ignore lint/a11y/noLabelWithoutControl: the field is the child. */}
      <label className="flex flex-col gap-1">
        <span className="text-soft">API key</span>
        {children}
      </label>
    </div>
  );
}

function ForgetButton({ provider }: { provider: ProviderStatus }) {
  const forget = async () => {
    try {
      await request("models.authLogout", { provider: provider.id });
      await refreshModels();
      notify(`The key for ${provider.label} was removed.`);
    } catch (error) {
      notifyError(error);
    }
  };
  return (
    <Button look="danger" onClick={forget}>
      Remove the key
    </Button>
  );
}
