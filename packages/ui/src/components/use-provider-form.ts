/** A provider's form: what was typed, whether it is being tested, and why it was refused. */

import { type MoltError, moltErrorFrom } from "@moltworker/protocol/errors";
import type { ProviderStatus } from "@moltworker/protocol/rows";
import { type FormEvent, useState } from "react";
import { app } from "../store/app.ts";
import { refreshModels, request } from "../store/gateway.ts";
import { notify } from "../store/notices.ts";

const testTimeoutMs = 60_000;

export function useProviderForm(provider: ProviderStatus, makeDefault: boolean) {
  const [key, setKey] = useState("");
  const [baseUrl, setBaseUrl] = useState("");
  const [error, setError] = useState<MoltError | null>(null);
  const [testing, setTesting] = useState(false);
  const typedKey = key.trim();
  const typedUrl = baseUrl.trim();
  const ready = !testing && (typedKey !== "" || typedUrl !== "" || !provider.needsKey);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (!ready) return;
    setTesting(true);
    setError(null);
    try {
      const { defaultModel } = await request(
        "models.authSetApiKey",
        {
          provider: provider.id,
          makeDefault,
          ...(typedKey ? { apiKey: typedKey } : {}),
          ...(typedUrl ? { baseUrl: typedUrl } : {}),
        },
        { timeoutMs: testTimeoutMs },
      );
      setKey("");
      app.update((state) => ({ ...state, defaultModel }));
      await refreshModels();
      const trimmed = key !== typedKey ? "White space around the key was removed." : undefined;
      notify(
        `${provider.label} works. ${makeDefault ? "It answers from now on." : "Its models can be chosen now."}`,
        "info",
        trimmed,
      );
    } catch (cause) {
      setError(moltErrorFrom(cause));
    } finally {
      setTesting(false);
    }
  };
  return { key, setKey, baseUrl, setBaseUrl, error, testing, ready, submit };
}
