/** Where snapshots go, how often, which stay, and whether they are encrypted. */

import type { SnapshotsState } from "@moltworker/protocol/snapshots";
import { type FormEvent, useState } from "react";
import { request } from "../store/gateway.ts";
import { notify, notifyError } from "../store/notices.ts";
import { Part } from "./access-part.tsx";
import { Button } from "./button.tsx";
import { useLoaded } from "./use-loaded.ts";

interface Snapshots {
  everyHours: number;
  keep: { hourly: number; daily: number; weekly: number };
  s3: { endpoint: string; bucket: string; region: string; prefix: string } | null;
}

const loadSettings = () =>
  request("config.get", {}, { resend: true }).then(({ config }) => config.snapshots as unknown as Snapshots);

export function SnapshotPlace({ state, onDone }: { state: SnapshotsState; onDone(): void }) {
  const [settings] = useLoaded(loadSettings, state.place);
  if (!settings) return null;
  return (
    <>
      <Part
        title="When, and which stay"
        about="Of each hour, day and week the newest proved one stays. The last good one never goes."
      >
        <Schedule key={JSON.stringify(settings)} settings={settings} onDone={onDone} />
      </Part>
      <Part title="Where" about={`Now: ${state.place}. Another bucket (R2, S3, MinIO, Ceph…) is tried before it is kept.`}>
        <Bucket key={JSON.stringify(settings.s3)} s3={settings.s3} onDone={onDone} />
      </Part>
      <Part
        title="Encryption"
        about="With a passphrase, snapshots hold your keys too and nobody can read them without it. It is not kept here: without it they cannot be opened on another machine."
      >
        <Passphrase encrypted={state.encrypted} onDone={onDone} />
      </Part>
    </>
  );
}

function Schedule({ settings, onDone }: { settings: Snapshots; onDone(): void }) {
  const [typed, setTyped] = useState({ everyHours: settings.everyHours, ...settings.keep });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const { everyHours, ...keep } = typed;
    request("config.patch", { raw: JSON.stringify({ snapshots: { everyHours, keep } }) }).then(() => {
      notify("Saved.");
      onDone();
    }, notifyError);
  };
  const fields = [
    ["everyHours", "Hours between two (0: none by itself)", 720],
    ["hourly", "Hours kept", 168],
    ["daily", "Days kept", 90],
    ["weekly", "Weeks kept", 260],
  ] as const;
  return (
    <form onSubmit={submit} className="flex flex-wrap items-end gap-3">
      {fields.map(([name, label, max]) => (
        <label key={name} className="flex flex-col gap-1 text-sm">
          {label}
          <input
            type="number"
            className="field w-32"
            min={0}
            max={max}
            required
            value={typed[name]}
            onChange={(event) => setTyped({ ...typed, [name]: event.target.valueAsNumber })}
          />
        </label>
      ))}
      <Button type="submit">Save</Button>
    </form>
  );
}

function Bucket({ s3, onDone }: { s3: Snapshots["s3"]; onDone(): void }) {
  const [busy, setBusy] = useState(false);
  const [typed, setTyped] = useState({
    ...{ endpoint: s3?.endpoint ?? "", bucket: s3?.bucket ?? "", region: s3?.region ?? "auto" },
    ...{ accessKeyId: "", secretAccessKey: "" },
  });
  const send = async (next: typeof typed | null) => {
    setBusy(true);
    try {
      const keys = next && Object.fromEntries(Object.entries(next).filter(([, value]) => value !== ""));
      const { place } = await request("snapshots.destination", { s3: keys as typeof typed | null }, { timeoutMs: 60_000 });
      notify(`Snapshots go to ${place} from now on.`);
      onDone();
    } catch (error) {
      notifyError(error);
    } finally {
      setBusy(false);
    }
  };
  const fields = [
    ["endpoint", "Address", "https://<account>.r2.cloudflarestorage.com", "url"],
    ["bucket", "Bucket", "my-snapshots", "text"],
    ["region", "Region", "auto", "text"],
    ["accessKeyId", "Access key", s3 ? "unchanged" : "", "text"],
    ["secretAccessKey", "Secret of the key", s3 ? "unchanged" : "", "password"],
  ] as const;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void send(typed);
      }}
      className="grid gap-3 sm:grid-cols-2"
    >
      {fields.map(([name, label, placeholder, type]) => (
        <label key={name} className={`flex flex-col gap-1 text-sm ${name === "endpoint" ? "sm:col-span-2" : ""}`}>
          {label}
          <input
            type={type}
            className="field"
            placeholder={placeholder}
            autoComplete="off"
            required={name === "endpoint" || name === "bucket"}
            value={typed[name]}
            onChange={(event) => setTyped({ ...typed, [name]: event.target.value.trim() })}
          />
        </label>
      ))}
      <div className="flex flex-wrap gap-2 sm:col-span-2">
        <Button type="submit" disabled={busy}>
          {busy ? "Trying it…" : "Try and use it"}
        </Button>
        {s3 && (
          <Button look="quiet" disabled={busy} onClick={() => void send(null)}>
            Back to the assistant's own place
          </Button>
        )}
      </div>
    </form>
  );
}

function Passphrase({ encrypted, onDone }: { encrypted: boolean; onDone(): void }) {
  const [typed, setTyped] = useState("");
  const send = (passphrase: string | null) =>
    request("snapshots.passphrase", { passphrase }, { timeoutMs: 60_000 }).then(({ encrypted: now }) => {
      setTyped("");
      notify(now ? "Snapshots are encrypted from now on." : "Snapshots are no longer encrypted.");
      onDone();
    }, notifyError);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void send(typed);
      }}
      className="flex flex-wrap items-end gap-3"
    >
      <label className="flex min-w-0 flex-1 basis-56 flex-col gap-1 text-sm">
        {encrypted ? "Another passphrase" : "Passphrase"}
        <input
          type="password"
          className="field"
          autoComplete="new-password"
          minLength={8}
          required
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
        />
      </label>
      <Button type="submit">{encrypted ? "Change it" : "Encrypt from now on"}</Button>
      {encrypted && (
        <Button look="quiet" onClick={() => void send(null)}>
          No longer encrypt
        </Button>
      )}
    </form>
  );
}
