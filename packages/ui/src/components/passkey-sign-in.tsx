/** "Use a passkey" where somebody is not signed in; absent while the assistant has none for this address. */

import { type MoltError, moltErrorFrom } from "@moltworker/protocol/errors";
import { useEffect, useState } from "react";
import { sentence } from "../store/notices.ts";
import { passkeyHost, signInWithPasskey } from "../store/passkeys.ts";
import { Button } from "./button.tsx";

export function PasskeySignIn({ onKnown }: { onKnown(): void }) {
  const [host, setHost] = useState<string | undefined>();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<MoltError | null>(null);
  useEffect(() => {
    passkeyHost().then(
      (name) => {
        setHost(name);
        if (name === location.hostname) onKnown();
      },
      () => undefined,
    );
  }, [onKnown]);
  if (host === undefined) return null;
  if (host !== location.hostname) {
    const address = `${location.protocol}//${host}${location.port ? `:${location.port}` : ""}/`;
    return (
      <p className="mt-3 text-sm text-soft">
        Your passkeys work at{" "}
        <a className="underline underline-offset-2" href={address}>
          {address}
        </a>
        : an IP address cannot have any.
      </p>
    );
  }
  const signIn = async () => {
    setBusy(true);
    setError(null);
    try {
      await signInWithPasskey();
    } catch (cause) {
      setError(moltErrorFrom(cause));
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <Button look="primary" className="mt-5 w-full" disabled={busy} onClick={() => void signIn()}>
        {busy ? "Waiting for your browser…" : "Use a passkey"}
      </Button>
      {error && (
        <p role="alert" className="mt-2 text-sm text-rose" data-error={error.code}>
          {sentence(error.message)}. <span className="text-ink">{error.hint}</span>
        </p>
      )}
    </>
  );
}
