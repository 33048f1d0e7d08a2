/** A person on a channel who asks to be let in. The code stands in their chat too; a name proves nothing. */

import type { ChannelPairingRow } from "@moltworker/protocol/channels";
import { timeText } from "../store/format.ts";
import { request } from "../store/gateway.ts";
import { notify, notifyError } from "../store/notices.ts";
import { Button } from "./button.tsx";

export function SenderRequest({ asked, onDone }: { asked: ChannelPairingRow; onDone(): void }) {
  const { id, code, name, username, channel, accountId, senderId, expiresAt } = asked;
  const run = (work: Promise<unknown>, done: string) => void work.then(() => notify(done), notifyError).finally(onDone);
  const approve = (role: "owner" | "guest") =>
    run(request("channels.pairing.approve", { code: id, role }), `${name} may write now.`);
  return (
    <li className="animate-rise rounded-2xl border border-honey bg-raised p-4 shadow-soft" data-pairing={id}>
      <p className="font-medium [overflow-wrap:anywhere]">
        {name}
        {username && <span className="font-normal text-soft"> @{username}</span>} asks to write to the assistant
      </p>
      <p className="text-sm text-soft [overflow-wrap:anywhere]">
        {channel} {accountId} · id {senderId} · until {timeText(expiresAt)}. A guest has conversations of their own, and none of
        your files and tools.
      </p>
      <div className="mt-3 flex flex-wrap items-center gap-x-5 gap-y-3">
        <p>
          <span className="block text-xs text-soft">Their chat shows</span>
          <span className="font-mono text-xl font-semibold tracking-widest">{code}</span>
        </p>
        <div className="flex flex-wrap gap-2">
          <Button look="primary" onClick={() => approve("guest")}>
            Let in as a guest
          </Button>
          <Button onClick={() => approve("owner")}>This is me</Button>
          <Button look="quiet" onClick={() => run(request("channels.pairing.dismiss", { code: id }), `${name} was not let in.`)}>
            Reject
          </Button>
        </div>
      </div>
    </li>
  );
}
