/** A key for one provider: tested with a real call before it is kept; a failure says why and what to do. */

import { type FormEvent, useState } from "react";
import { type MoltError, moltErrorFrom } from "@moltworker/protocol/errors";
import type { ProviderStatus } from "@moltworker/protocol/rows";
import { refreshModels, request } from "../store/gateway.ts";
import { notify, notifyError, sentence } from "../store/notices.ts";
import { app } from "../store/app.ts";
import { Button } from "./button.tsx";

interface ProviderFormProps {
  provider: ProviderStatus;
  /** The provider's model becomes the assistant's. */
  makeDefault: boolean;
  onDone?(): void;
}

export function ProviderForm({ provider, makeDefault, onDone }: ProviderFormProps) {
  const [key, setKey] = useState("");
  const [baseUrl, setBaseUrl] = useState("");
  const [error, setError] = useState<MoltError | null>(null);
  const [testing, setTesting] = useState(false);
  const ready = !testing && (key.trim() !== "" || (!provider.needsKey && (baseUrl.trim() !== "" || provider.baseUrl !== "")));

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (!ready) return;
    setTesting(true);
    setError(null);
    try {
      const { defaultModel } = await request(
        "models.authSetApiKey",
        { provider: provider.id, makeDefault, ...(key.trim() ? { apiKey: key.trim() } : {}), ...(baseUrl.trim() ? { baseUrl: baseUrl.trim() } : {}) },
        { timeoutMs: 60_000 },
      );
      setKey("");
      app.update((state) => ({ ...state, defaultModel }));
      await refreshModels();
      notify(`${provider.label} works. ${makeDefault ? "It answers from now on." : "Its models can be chosen now."}`);
      onDone?.();
    } catch (cause) {
      setError(moltErrorFrom(cause));
    } finally {
      setTesting(false);
    }
  };

  return (
    <form onSubmit={submit} className="flex flex-col gap-3 text-sm">
      {provider.needsKey || provider.keySource !== "none" || provider.id.includes("compatible") ? (
        <label className="flex flex-col gap-1">
          <span className="flex justify-between text-soft">
            API key
            {provider.keyUrl && (
              <a href={provider.keyUrl} target="_blank" rel="noopener noreferrer" className="text-coral underline underline-offset-2">
                Get one
              </a>
            )}
          </span>
          <input type="password" name="api-key" autoComplete="off" spellCheck={false} className="field font-mono" value={key} aria-invalid={error !== null} onChange={(event) => setKey(event.target.value)} placeholder={provider.keySource === "none" ? "Paste it here" : "Paste a new one to replace it"} />
        </label>
      ) : null}
      {provider.baseUrlEditable && (
        <details open={!provider.needsKey && provider.state !== "ready"}>
          <summary className="w-fit text-soft underline underline-offset-2">Another address</summary>
          <input type="url" name="base-url" aria-label="Base URL" className="field mt-1.5 w-full font-mono" value={baseUrl} onChange={(event) => setBaseUrl(event.target.value)} placeholder={provider.baseUrl || "http://127.0.0.1:11434/v1"} />
        </details>
      )}
      {error && (
        <div role="alert" className="rounded-xl bg-rose-wash px-3 py-2" data-error={error.code}>
          <p className="font-medium text-rose">{sentence(error.message)}</p>
          <p>{error.hint}</p>
        </div>
      )}
      <div className="flex flex-wrap gap-2">
        <Button look="primary" type="submit" disabled={!ready}>
          {testing ? "Testing with a real call…" : "Test and keep"}
        </Button>
        {provider.keySource === "typed" && <ForgetButton provider={provider} />}
      </div>
    </form>
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
