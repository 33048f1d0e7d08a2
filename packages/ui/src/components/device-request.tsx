/** A device that asks: the code to compare stands large beside what it would allow. */

import type { PairingRequest } from "@moltworker/protocol/rows";
import { timeText } from "../store/format.ts";
import { request } from "../store/gateway.ts";
import { notify, notifyError } from "../store/notices.ts";
import { scopeWords } from "./access-part.tsx";
import { Button } from "./button.tsx";

/** `onDone` follows each decision, whether or not it was taken. */
export function DeviceRequest({ request: asked, onDone }: { request: PairingRequest; onDone(): void }) {
  const { requestId, code } = asked;
  const run = (work: Promise<unknown>, done: string) => work.then(() => notify(done), notifyError).finally(onDone);
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
