/** Devices that are in. Those that ask stand in the queue. */

import type { PairedDevice } from "@moltworker/protocol/rows";
import { type FormEvent, useState } from "react";
import { useApp } from "../store/app.ts";
import { dateTimeText } from "../store/format.ts";
import { request } from "../store/gateway.ts";
import { notify, notifyError } from "../store/notices.ts";
import { Nothing, Part, Row, Rows, scopeWords } from "./access-part.tsx";
import { Button } from "./button.tsx";
import { ConfirmDialog } from "./confirm-dialog.tsx";
import { useLoaded } from "./use-loaded.ts";

const load = () => request("device.pair.list", {}, { resend: true });

export function DeviceAccess() {
  const revision = useApp((state) => state.pairingRevision);
  const [list, reload] = useLoaded(load, revision);
  const [removing, setRemoving] = useState<PairedDevice | null>(null);
  const run = (work: Promise<unknown>, done: string) => work.then(() => notify(done), notifyError).finally(reload);
  return (
    <Part title="Devices" about="Apps and programs that know the assistant by a key of their own.">
      {list && list.paired.length === 0 && <Nothing>None yet. A device that connects without a token asks above.</Nothing>}
      {list && list.paired.length > 0 && (
        <Rows label="Paired devices">
          {list.paired.map((device) => (
            <Paired key={device.deviceId} device={device} run={run} onRemove={() => setRemoving(device)} />
          ))}
        </Rows>
      )}
      <ConfirmDialog
        open={removing !== null}
        title={`Revoke ${removing ? nameOf(removing) : ""}?`}
        text="Its connections close at once, and it has to ask again."
        action="Revoke"
        onConfirm={() => removing && void run(request("device.pair.remove", { deviceId: removing.deviceId }), "Revoked.")}
        onClose={() => setRemoving(null)}
      />
    </Part>
  );
}

type Run = (work: Promise<unknown>, done: string) => Promise<void>;

function Paired({ device, run, onRemove }: { device: PairedDevice; run: Run; onRemove(): void }) {
  const [typed, setTyped] = useState<string | null>(null);
  const save = (event: FormEvent) => {
    event.preventDefault();
    const label = typed?.trim();
    setTyped(null);
    if (label) void run(request("device.pair.rename", { deviceId: device.deviceId, label }), "Renamed.");
  };
  if (typed !== null) {
    return (
      <li className="px-4 py-3">
        <form onSubmit={save} className="flex flex-wrap gap-2">
          <input
            aria-label="Name of the device"
            className="field min-w-0 flex-1"
            maxLength={64}
            value={typed}
            // biome-ignore lint/a11y/noAutofocus: the person has just asked to type here
            autoFocus
            onChange={(event) => setTyped(event.target.value)}
            onKeyDown={(event) => event.key === "Escape" && setTyped(null)}
          />
          <Button type="submit" look="primary">
            Save
          </Button>
          <Button look="quiet" onClick={() => setTyped(null)}>
            Cancel
          </Button>
        </form>
      </li>
    );
  }
  const facts = [device.platform, `may ${scopeWords(device.scopes)}`, `last seen ${dateTimeText(device.lastSeenAtMs)}`];
  return (
    <Row name={nameOf(device)} facts={facts.filter(Boolean).join(" · ")}>
      <Button aria-label={`Rename ${nameOf(device)}`} onClick={() => setTyped(nameOf(device))}>
        Rename
      </Button>
      <Button look="danger" aria-label={`Revoke ${nameOf(device)}`} onClick={onRemove}>
        Revoke
      </Button>
    </Row>
  );
}

const nameOf = (device: PairedDevice) => device.operatorLabel ?? device.displayName ?? device.clientId;
