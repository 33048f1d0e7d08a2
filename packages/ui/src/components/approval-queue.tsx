/** Everybody who asks to be let in, devices and people on channels, in one queue: the one whose time is up first comes first. */

import { useApp } from "../store/app.ts";
import { request } from "../store/gateway.ts";
import { Nothing, Part } from "./access-part.tsx";
import { loadSenders } from "./channel-pairings.tsx";
import { DeviceRequest } from "./device-request.tsx";
import { SenderRequest } from "./sender-request.tsx";
import { useLoaded } from "./use-loaded.ts";

const loadDevices = () => request("device.pair.list", {}, { resend: true });

export function ApprovalQueue() {
  const [devices, reloadDevices] = useLoaded(
    loadDevices,
    useApp((state) => state.pairingRevision),
  );
  const [senders, reloadSenders] = useLoaded(
    loadSenders,
    useApp((state) => state.channelsRevision),
  );
  if (!devices || !senders) return null;
  const waiting = [
    ...devices.pending.map((one) => ({
      until: one.expiresAtMs,
      row: <DeviceRequest key={one.requestId} request={one} onDone={reloadDevices} />,
    })),
    ...senders.requests.map((one) => ({
      until: one.expiresAt,
      row: <SenderRequest key={one.id} asked={one} onDone={reloadSenders} />,
    })),
  ].sort((first, second) => first.until - second.until);
  return (
    <Part
      title="Asking to be let in"
      about="New devices, and people who write on a channel. Each shows a code: let in only what shows the same one as this page."
    >
      {waiting.length === 0 && <Nothing>Nobody asks.</Nothing>}
      {waiting.length > 0 && (
        <ul aria-label="Waiting for you" className="flex flex-col gap-3">
          {waiting.map(({ row }) => row)}
        </ul>
      )}
    </Part>
  );
}
