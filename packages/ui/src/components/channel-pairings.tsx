/** People on channels who ask to be let in, for the pages of the channels. */

import type { ChannelPairingRow } from "@moltworker/protocol/channels";
import { useApp } from "../store/app.ts";
import { request } from "../store/gateway.ts";
import { SenderRequest } from "./sender-request.tsx";
import { useLoaded } from "./use-loaded.ts";

/** A grant that may not see them sees none. */
export const loadSenders = () =>
  request("channels.pairing.list", {}, { resend: true }).catch(() => ({ requests: [] as ChannelPairingRow[] }));

/** Nothing at all while nobody asks. */
export function ChannelPairings() {
  const revision = useApp((state) => state.channelsRevision);
  const [list, reload] = useLoaded(loadSenders, revision);
  if (!list || list.requests.length === 0) return null;
  return (
    <ul aria-label="People who ask to be let in" className="flex flex-col gap-3">
      {list.requests.map((one) => (
        <SenderRequest key={one.id} asked={one} onDone={reload} />
      ))}
    </ul>
  );
}
