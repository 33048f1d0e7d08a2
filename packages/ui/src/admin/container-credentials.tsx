/** Credentials that the assistant adds to requests of the sandbox: which host, how, and whether the value is set. Never the value. */

import type { ContainerCredential } from "@moltworker/protocol/containers";
import { type FormEvent, useState } from "react";
import { Nothing, Part, Row, Rows } from "../components/access-part.tsx";
import { Button } from "../components/button.tsx";
import { Labelled } from "../components/labelled.tsx";
import { request } from "../store/gateway.ts";
import { notify, notifyError } from "../store/notices.ts";

type Scheme = ContainerCredential["scheme"];
type Rule = Record<string, unknown> & { host: string };

const schemes: { scheme: Scheme; name: string }[] = [
  { scheme: "Bearer", name: "Bearer token" },
  { scheme: "Basic", name: "user:password" },
  { scheme: "none", name: "The value alone" },
];

export function ContainerCredentials({ credentials, onDone }: { credentials: ContainerCredential[]; onDone(): Promise<void> }) {
  const act = (work: Promise<unknown>, done: string) => work.then(() => notify(done), notifyError).finally(() => void onDone());
  return (
    <div className="mt-8">
      <Part
        title="Credentials on the way out"
        about="A command asks one of these hosts by http://; the assistant adds the header and goes on by https. git does so by itself. The value is never in the sandbox."
      >
        <Rows label="Credentials">
          {credentials.map(({ host, header, scheme, isSet }) => (
            <Row
              key={host}
              name={host}
              facts={`${header}: ${scheme === "none" ? "the value" : scheme}${isSet ? "" : " · not set: requests are refused"}`}
              {...(isSet ? { mark: "set" } : {})}
            >
              <Button aria-label={`Remove the credential of ${host}`} onClick={() => void act(remove(host), "It is forgotten.")}>
                Remove
              </Button>
            </Row>
          ))}
        </Rows>
        {credentials.length === 0 && <Nothing>None: what the sandbox asks is asked by nobody in particular.</Nothing>}
        <NewCredential onSave={(host, scheme, secret) => act(save(host, scheme, secret), "Kept.")} />
      </Part>
    </div>
  );
}

function NewCredential({ onSave }: { onSave(host: string, scheme: Scheme, secret: string): Promise<unknown> }) {
  const [host, setHost] = useState("");
  const [scheme, setScheme] = useState<Scheme>("Bearer");
  const [secret, setSecret] = useState("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void onSave(host.trim().toLowerCase(), scheme, secret).then(() => setSecret(""));
  };
  return (
    <form onSubmit={submit} className="mt-3 grid items-end gap-2 sm:grid-cols-[2fr_1fr_2fr_auto]">
      <Labelled name="Host">
        <input
          required
          className="field"
          placeholder="api.github.com"
          value={host}
          onChange={(event) => setHost(event.target.value)}
        />
      </Labelled>
      <Labelled name="Sent as">
        <select className="field" value={scheme} onChange={(event) => setScheme(event.target.value as Scheme)}>
          {schemes.map((row) => (
            <option key={row.scheme} value={row.scheme}>
              {row.name}
            </option>
          ))}
        </select>
      </Labelled>
      <Labelled name="Value">
        <input
          required
          type="password"
          autoComplete="off"
          className="field"
          value={secret}
          onChange={(event) => setSecret(event.target.value)}
        />
      </Labelled>
      <Button look="primary" type="submit">
        Keep
      </Button>
    </form>
  );
}

async function save(host: string, scheme: Scheme, secret: string): Promise<void> {
  await changeRules((rules) => {
    const present = rules.find((rule) => rule.host === host);
    return [...rules.filter((rule) => rule !== present), { ...present, host, scheme }];
  });
  await request("containers.credential.set", { host, secret });
}

async function remove(host: string): Promise<void> {
  await request("containers.credential.set", { host });
  await changeRules((rules) => rules.filter((rule) => rule.host !== host));
}

async function changeRules(change: (rules: Rule[]) => Rule[]): Promise<void> {
  const { config, hash } = await request("config.get", {}, { resend: true });
  const { credentials = [] } = (config as { containers?: { credentials?: Rule[] } }).containers ?? {};
  const raw = JSON.stringify({ containers: { credentials: change(credentials) } });
  await request("config.patch", { raw, baseHash: hash });
}
