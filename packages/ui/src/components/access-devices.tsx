/** Devices that are in. Those that ask stand in the queue. */

import type { PairedDevice } from "@moltworker/protocol/rows";
import { useState } from "react";
import { useApp } from "../store/app.ts";
import { dateTimeText } from "../store/format.ts";
import { request } from "../store/gateway.ts";
import { notify, notifyError } from "../store/notices.ts";
import { Nothing, Part, Rows, scopeWords } from "./access-part.tsx";
import { Button } from "./button.tsx";
import { ConfirmDialog } from "./confirm-dialog.tsx";
import { RenamableRow } from "./renamable-row.tsx";
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
  const facts = [device.platform, `may ${scopeWords(device.scopes)}`, `last seen ${dateTimeText(device.lastSeenAtMs)}`];
  return (
    <RenamableRow
      name={nameOf(device)}
      fieldName="Name of the device"
      facts={facts.filter(Boolean).join(" · ")}
      onRename={(label) => void run(request("device.pair.rename", { deviceId: device.deviceId, label }), "Renamed.")}
    >
      <Button look="danger" aria-label={`Revoke ${nameOf(device)}`} onClick={onRemove}>
        Revoke
      </Button>
    </RenamableRow>
  );
}

const nameOf = (device: PairedDevice) => device.operatorLabel ?? device.displayName ?? device.clientId;
