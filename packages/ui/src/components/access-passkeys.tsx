/** The owner's passkeys: made here, for the host name of this page; named, and removed with what they opened. */

import { type MoltError, moltErrorFrom } from "@moltworker/protocol/errors";
import type { PasskeyRow } from "@moltworker/protocol/rows";
import { useState } from "react";
import { dateTimeText } from "../store/format.ts";
import { request } from "../store/gateway.ts";
import { notify, notifyError, sentence } from "../store/notices.ts";
import { continueAt, registerPasskey } from "../store/passkeys.ts";
import { browserOf } from "./access-browsers.tsx";
import { Nothing, Part, Rows } from "./access-part.tsx";
import { Button } from "./button.tsx";
import { ConfirmDialog } from "./confirm-dialog.tsx";
import { RenamableRow } from "./renamable-row.tsx";
import { useLoaded } from "./use-loaded.ts";

const load = () => request("auth.passkeys.list", {}, { resend: true });

export function PasskeyAccess({ onRemoved }: { onRemoved(): void }) {
  const [list, reload] = useLoaded(load);
  const [removing, setRemoving] = useState<PasskeyRow | null>(null);
  const remove = (row: PasskeyRow) =>
    request("auth.passkeys.remove", { id: row.id })
      .then(() => notify(`"${row.label}" is removed.`), notifyError)
      .finally(() => {
        reload();
        onRemoved();
      });
  return (
    <Part
      title="Passkeys"
      about="Sign in with a fingerprint, your face, a PIN or a security key, without link or token. A passkey works at the host name where it was made."
    >
      {list?.passkeys.length === 0 && <Nothing>None yet.</Nothing>}
      {list && list.passkeys.length > 0 && (
        <Rows label="Passkeys">
          {list.passkeys.map((row) => (
            <Passkey key={row.id} row={row} reload={reload} onRemove={() => setRemoving(row)} />
          ))}
        </Rows>
      )}
      <AddPasskey onMade={reload} />
      <ConfirmDialog
        open={removing !== null}
        title={`Remove "${removing?.label ?? ""}"?`}
        text="It signs nobody in any more, and browsers that came with it are signed out at once."
        action="Remove"
        onConfirm={() => removing && void remove(removing)}
        onClose={() => setRemoving(null)}
      />
    </Part>
  );
}

function AddPasskey({ onMade }: { onMade(): void }) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<MoltError | null>(null);
  const add = async () => {
    setBusy(true);
    setError(null);
    try {
      const row = await registerPasskey(browserOf(navigator.userAgent));
      notify(`The passkey "${row.label}" is ready.`);
      onMade();
    } catch (cause) {
      setError(moltErrorFrom(cause));
    } finally {
      setBusy(false);
    }
  };
  const open = typeof error?.details.open === "string" ? error.details.open : undefined;
  return (
    <>
      <Button className="mt-3" disabled={busy} onClick={() => void add()}>
        {busy ? "Waiting for your browser…" : "Add a passkey"}
      </Button>
      {error && (
        <p role="alert" className="mt-2 max-w-prose text-sm text-rose" data-error={error.code}>
          {sentence(error.message)}. <span className="text-ink">{error.hint}</span>
        </p>
      )}
      {open && (
        <Button look="primary" className="mt-2" onClick={() => void continueAt(open).catch(notifyError)}>
          Continue at {new URL(open).host}
        </Button>
      )}
    </>
  );
}

function Passkey({ row, reload, onRemove }: { row: PasskeyRow; reload(): void; onRemove(): void }) {
  const rename = (label: string) =>
    request("auth.passkeys.rename", { id: row.id, label })
      .then(() => notify("Renamed."), notifyError)
      .finally(reload);
  return (
    <RenamableRow
      name={row.label}
      fieldName="Name of the passkey"
      facts={factsOf(row)}
      {...(row.host === location.hostname ? {} : { mark: `for ${row.host}` })}
      onRename={(label) => void rename(label)}
    >
      <Button look="danger" aria-label={`Remove ${row.label}`} onClick={onRemove}>
        Remove
      </Button>
    </RenamableRow>
  );
}

function factsOf(row: PasskeyRow): string {
  const used = row.usedAt === null ? "never used" : `last used ${dateTimeText(row.usedAt)}`;
  const kept = row.backedUp ? "synced" : "on one device";
  return `made ${dateTimeText(row.createdAt)} · ${used} · ${kept}`;
}
