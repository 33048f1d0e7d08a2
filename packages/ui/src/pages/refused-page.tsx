/** Refused: the cause in one sentence, and the way in. The raw answer is under a fold for those who want it. */

import { errorToWire, type MoltError, moltErrorFrom } from "@moltworker/protocol/errors";
import { type FormEvent, useCallback, useEffect, useState } from "react";
import { Button } from "../components/button.tsx";
import { CopyButton } from "../components/copy-button.tsx";
import { Mark } from "../components/mark.tsx";
import { Notices } from "../components/notices.tsx";
import { PasskeySignIn } from "../components/passkey-sign-in.tsx";
import { useApp } from "../store/app.ts";
import { retryGateway } from "../store/gateway.ts";
import { notify, sentence } from "../store/notices.ts";
import { signInWith } from "../store/sign-in.ts";

const gatewayUrl = `${location.origin.replace(/^http/, "ws")}/`;
const linkCommand = "npx moltworker link";

export function RefusedPage({ error: refusal }: { error: MoltError }) {
  const signInError = useApp((state) => state.signInError);
  const error = signInError ?? refusal;
  const throughAccess = error.code === "ACCESS_JWT_INVALID";
  const signIn = error.code.startsWith("AUTH_") || error.code.startsWith("DEVICE_");
  const [passkey, setPasskey] = useState(false);
  const knowPasskey = useCallback(() => setPasskey(true), []);
  useRetryOnReturn();
  return (
    <main className="relative flex h-full overflow-y-auto">
      <div className="m-auto w-full max-w-md animate-rise p-5">
        <Mark size={40} />
        <h1 className="mt-4 text-xl font-semibold tracking-tight">
          {titles[error.code] ?? (signIn || throughAccess ? "You are signed out here" : "The assistant refused this page")}
        </h1>
        <p className="mt-1" role="alert" data-error={error.code}>
          {causeOf(error)}
        </p>
        <p className="mt-1 text-soft">
          {signIn ? `${passkey ? "A passkey or a" : "A"} fresh link gets you back in.` : error.hint}
        </p>
        {signIn ? (
          <>
            <PasskeySignIn onKnown={knowPasskey} />
            <p className={passkey ? "mt-6 text-soft" : "text-soft"}>
              {passkey ? "Or a link: run" : "Run"} this on the machine where the assistant lives; this page opens by itself when
              the link is used in this browser.
            </p>
            <LinkCommand look={passkey ? "plain" : "primary"} />
          </>
        ) : (
          <Button look="primary" className="mt-5" onClick={throughAccess ? () => signInThroughAccess(error) : retryGateway}>
            {throughAccess ? "Sign in again" : "Try again"}
          </Button>
        )}
        <GatewayAccess open={error.code === "AUTH_TOKEN_MISMATCH"} />
        <details className="mt-3 text-sm text-soft">
          <summary className="w-fit underline underline-offset-2">What the server said</summary>
          <pre className="code mt-2 overflow-x-auto rounded-xl bg-sunk p-3">
            {JSON.stringify({ type: "res", ok: false, error: errorToWire(error) }, null, 2)}
          </pre>
        </details>
      </div>
      <Notices />
    </main>
  );
}

/** Access asks for a sign-in when the page is loaded anew; where its own session has to end first, it has an address for that. */
function signInThroughAccess(error: MoltError): void {
  if (error.details.reason === "signed-out") location.assign("/cdn-cgi/access/logout");
  else location.reload();
}

const titles: Record<string, string> = {
  AUTH_LINK_INVALID: "This link has been used",
  AUTH_EXPIRED: "Your session has ended",
  AUTH_RATE_LIMITED: "Too many tries",
  ORIGIN_NOT_ALLOWED: "This is not the assistant's address",
  PROTOCOL_MISMATCH: "This page is of another version",
};

/** The cause alone, in our words; advice that the server adds for other clients stays in its own answer below. */
function causeOf(error: MoltError): string {
  if (error.code === "AUTH_TOKEN_MISSING") return "This browser has no session with the assistant.";
  const cause = error.message.replace(/^unauthorized: /, "").replace(/\s*\([^)]*\)$/, "");
  return `${sentence(cause)}.`;
}

function LinkCommand({ look }: { look: "primary" | "plain" }) {
  const copy = () => {
    navigator.clipboard.writeText(linkCommand).then(
      () => notify("Copied. Run it in a terminal there."),
      () => notify("The browser did not allow copying.", "error", "Select the command and copy it by hand."),
    );
  };
  return (
    <>
      <div className="mt-4 flex items-center justify-between rounded-xl border border-line bg-sunk py-1 pl-4 pr-1">
        <code className="code">{linkCommand}</code>
        <CopyButton text={linkCommand} label="Copy the command" />
      </div>
      <Button look={look} className="mt-4 w-full" onClick={copy}>
        Copy the command for a fresh link
      </Button>
    </>
  );
}

/**
 * The panel that OpenClaw's users know, for those who hold the gateway token: typed once, kept nowhere. The address stands
 * there to be read: a page that could be pointed at another gateway would hand the token over to it.
 */
function GatewayAccess({ open }: { open: boolean }) {
  const [typed, setTyped] = useState("");
  const [error, setError] = useState<MoltError | null>(null);
  const [busy, setBusy] = useState(false);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      await signInWith(typed);
    } catch (cause) {
      setError(moltErrorFrom(cause));
    } finally {
      setBusy(false);
      setTyped("");
    }
  };
  return (
    <details className="mt-6 text-sm" open={open}>
      <summary className="w-fit text-soft underline underline-offset-2">Gateway Access</summary>
      <form onSubmit={submit} className="mt-2 flex flex-col gap-2">
        <label className="flex flex-col gap-1">
          <span className="text-soft">Gateway URL</span>
          <input readOnly name="gateway-url" className="field font-mono text-soft" value={gatewayUrl} />
        </label>
        <label className="flex flex-col gap-1">
          <span className="text-soft">Gateway token or password, or a fresh link</span>
          <input
            type="password"
            name="gateway-token"
            autoComplete="off"
            className="field font-mono"
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
          />
        </label>
        {error && (
          <p role="alert" className="text-rose">
            {sentence(error.message)}. <span className="text-ink">{error.hint}</span>
          </p>
        )}
        <Button type="submit" disabled={busy || typed.trim() === ""} className="self-start">
          {busy ? "Connecting…" : "Connect"}
        </Button>
      </form>
    </details>
  );
}

/** The fresh link may have been opened in another tab of this browser: look again when the person comes back. */
function useRetryOnReturn(): void {
  useEffect(() => {
    const again = () => document.visibilityState === "visible" && retryGateway();
    document.addEventListener("visibilitychange", again);
    return () => document.removeEventListener("visibilitychange", again);
  }, []);
}
