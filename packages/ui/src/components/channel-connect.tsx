/** Connects an account: which channel, its secret, and for a webhook where answers go. The secret is tried with a real call first. */

import type { ChannelAccountRow, ChannelKindRow } from "@moltworker/protocol/channels";
import { moltErrorFrom } from "@moltworker/protocol/errors";
import { type FormEvent, useState } from "react";
import { request } from "../store/gateway.ts";
import { notify, sentence } from "../store/notices.ts";
import { Button } from "./button.tsx";
import { Words } from "./words.tsx";

interface ConnectProps {
  kinds: ChannelKindRow[];
  accounts: ChannelAccountRow[];
  onConnected(account: ChannelAccountRow): void;
}

export function ConnectChannel({ kinds, accounts, onConnected }: ConnectProps) {
  const [chosen, setChosen] = useState<string | null>(null);
  const kind = kinds.find((one) => one.id === chosen);
  return (
    <section aria-label="Connect a channel" className="mt-4">
      <div className="flex flex-wrap gap-2">
        {kinds.map(({ id, label }) => (
          <Button key={id} aria-expanded={id === chosen} onClick={() => setChosen(id === chosen ? null : id)}>
            Connect {label}
          </Button>
        ))}
      </div>
      {kind && (
        <ConnectForm
          key={kind.id}
          kind={kind}
          taken={accounts.filter((one) => one.channel === kind.id && one.configured).map((one) => one.accountId)}
          onConnected={(account) => {
            setChosen(null);
            onConnected(account);
          }}
        />
      )}
    </section>
  );
}

interface FormProps {
  kind: ChannelKindRow;
  taken: string[];
  onConnected(account: ChannelAccountRow): void;
}

function ConnectForm({ kind, taken, onConnected }: FormProps) {
  const isWebhook = kind.id === "webhook";
  const [accountId, setAccountId] = useState(freeName(taken));
  const [secrets, setSecrets] = useState<Record<string, string>>({});
  const [url, setUrl] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<{ text: string; hint: string } | null>(null);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      if (isWebhook) await keepOptions(accountId, url.trim());
      const { account } = await request("channels.connect", { channel: kind.id, accountId, secrets }, { timeoutMs: 30_000 });
      notify(`${kind.label} is connected.`);
      onConnected(account);
    } catch (thrown) {
      const { message, hint } = moltErrorFrom(thrown);
      setError({ text: sentence(message), hint });
    } finally {
      setBusy(false);
    }
  };
  return (
    <form
      onSubmit={submit}
      aria-busy={busy}
      className="mt-3 flex animate-rise flex-col gap-3 rounded-2xl border border-line bg-raised p-4"
    >
      {kind.secrets.map(({ key, label, hint }) => (
        <label key={key} className="flex flex-col gap-1 text-sm">
          <span className="font-medium">{label}</span>
          <span className="text-soft">
            <Words text={hint} />
          </span>
          <span className="flex flex-wrap gap-2">
            <input
              className="field min-w-0 flex-1 basis-60 font-mono"
              type="password"
              autoComplete="off"
              spellCheck={false}
              aria-label={label}
              value={secrets[key] ?? ""}
              onChange={(event) => setSecrets({ ...secrets, [key]: event.target.value })}
            />
            {isWebhook && <Button onClick={() => setSecrets({ ...secrets, [key]: madeSecret() })}>Make one and copy it</Button>}
          </span>
        </label>
      ))}
      {isWebhook && (
        <label className="flex flex-col gap-1 text-sm">
          <span className="font-medium">Answers are posted to</span>
          <span className="text-soft">Leave it empty to read answers here alone.</span>
          <input
            className="field"
            type="url"
            value={url}
            placeholder="https://app.example.com/answers"
            onChange={(event) => setUrl(event.target.value)}
          />
        </label>
      )}
      <label className="flex max-w-60 flex-col gap-1 text-sm">
        <span className="text-soft">Name of the account here</span>
        <input
          className="field"
          pattern="[a-z0-9][a-z0-9_\-]{0,39}"
          title="Lower-case letters, digits, - and _"
          required
          value={accountId}
          onChange={(event) => setAccountId(event.target.value)}
        />
      </label>
      {error && (
        <p role="alert" className="rounded-xl bg-rose-wash px-3 py-2 text-sm">
          <span className="font-medium text-rose">{error.text}.</span> {error.hint}
        </p>
      )}
      <Button
        type="submit"
        look="primary"
        className="self-start"
        disabled={busy || kind.secrets.some(({ key }) => !secrets[key]?.trim())}
      >
        {busy ? "Trying it…" : `Test and connect ${kind.label}`}
      </Button>
    </form>
  );
}

function freeName(taken: string[]): string {
  if (!taken.includes("default")) return "default";
  for (let number = 2; ; number += 1) if (!taken.includes(`account-${number}`)) return `account-${number}`;
}

/** In the form of Standard Webhooks, into the field and the clipboard. */
function madeSecret(): string {
  const secret = `whsec_${btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(32))))}`;
  void navigator.clipboard.writeText(secret).then(() => notify("The secret is in your clipboard: give it to the other program."));
  return secret;
}

/** Senders are programs that hold the secret, so they need no pairing; they are guests unless the settings name them as you. */
async function keepOptions(accountId: string, url: string): Promise<void> {
  const { hash } = await request("config.get", {}, { resend: true });
  const account = { dmPolicy: "open", allowFrom: ["*"], options: { url: url === "" ? null : url } };
  const raw = JSON.stringify({ channels: { accounts: { webhook: { [accountId]: account } } } });
  await request("config.patch", { raw, baseHash: hash });
}
