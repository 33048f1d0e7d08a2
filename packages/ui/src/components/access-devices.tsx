/** Devices that ask and devices that are in, in one place: the code to compare stands large beside what it would allow. */

import type { PairedDevice, PairingRequest } from "@moltworker/protocol/rows";
import { type FormEvent, useState } from "react";
import { useApp } from "../store/app.ts";
import { dateTimeText, timeText } from "../store/format.ts";
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
    <Part
      title="Devices"
      about="Apps and programs that know the assistant by a key of their own. One that is new asks here, and shows the same code as this page."
    >
      {list && list.pending.length > 0 && (
        <ul aria-label="Waiting for you" className="mb-3 flex flex-col gap-3">
          {list.pending.map((one) => (
            <Waiting key={one.requestId} request={one} run={run} />
          ))}
        </ul>
      )}
      {list && list.paired.length === 0 && list.pending.length === 0 && (
        <Nothing>None yet. A device that connects without a token appears here.</Nothing>
      )}
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

function Waiting({ request: asked, run }: { request: PairingRequest; run: Run }) {
  const { requestId, code } = asked;
  const name = asked.displayName ?? asked.clientId;
  return (
    <li className="animate-rise rounded-2xl border border-honey bg-raised p-4 shadow-soft" data-request={requestId}>
      <p className="font-medium [overflow-wrap:anywhere]">
        {name} {wish(asked)}
      </p>
      <p className="text-sm text-soft [overflow-wrap:anywhere]">
        {[asked.platform, asked.remoteIp, `until ${timeText(asked.expiresAtMs)}`].filter(Boolean).join(" · ")}.{" "}
        {grantWords(asked)}
      </p>
      <div className="mt-3 flex flex-wrap items-center gap-x-5 gap-y-3">
        <p>
          <span className="block text-xs text-soft">The device must show</span>
          <span className="font-mono text-xl font-semibold tracking-widest">{code}</span>
        </p>
        <div className="flex gap-2">
          <Button
            look="primary"
            onClick={() => void run(request("device.pair.approve", { requestId, code }), `${name} is in. Connect it once more.`)}
          >
            Approve
          </Button>
          <Button onClick={() => void run(request("device.pair.reject", { requestId }), `${name} was turned away.`)}>
            Reject
          </Button>
        </div>
      </div>
    </li>
  );
}

function wish({ reason, isRepair }: PairingRequest): string {
  if (reason === "scope-upgrade") return "asks to do more";
  if (reason === "metadata-upgrade") return "is on another system than when you let it in";
  return isRepair ? "asks to be let in again" : "asks to be let in";
}

/** An upgrade adds to what the device may do already. */
function grantWords({ reason, scopes, approvedScopes }: PairingRequest): string {
  if (reason === "not-paired" || !approvedScopes) return `It may then: ${scopeWords(scopes)}.`;
  const all = new Set([...approvedScopes, ...scopes]);
  return `It may now: ${scopeWords(approvedScopes)}. It may then: ${scopeWords([...all])}.`;
}

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
