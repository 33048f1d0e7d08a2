/** What did not arrive and waits for a person: sent again by hand, or left as it is. */

import type { ChannelSendRow } from "@moltworker/protocol/channels";
import { useApp } from "../store/app.ts";
import { dateTimeText } from "../store/format.ts";
import { request } from "../store/gateway.ts";
import { notify, notifyError } from "../store/notices.ts";
import { Part, Row, Rows } from "./access-part.tsx";
import { Button } from "./button.tsx";
import { useLoaded } from "./use-loaded.ts";

const load = async (): Promise<ChannelSendRow[]> => {
  const [dead, unknown] = await Promise.all(
    (["dead", "unknown"] as const).map((state) => request("channels.outbox.list", { state, limit: 50 }, { resend: true })),
  );
  return [...(dead?.sends ?? []), ...(unknown?.sends ?? [])].toSorted((a, b) => b.updatedAt - a.updatedAt);
};

/** Nothing at all while everything arrives. */
export function ChannelTroubled() {
  const revision = useApp((state) => state.channelsRevision);
  const [sends, reload] = useLoaded(load, revision);
  if (!sends || sends.length === 0) return null;
  const run = (work: Promise<unknown>, done: string) => void work.then(() => notify(done), notifyError).finally(reload);
  return (
    <Part
      title="Did not arrive"
      about="Refused by the provider, or nobody knows whether it came through; it is not sent again by itself, so that nothing arrives twice."
    >
      <Rows label="Did not arrive">
        {sends.map((send) => (
          <Row key={send.id} name={send.preview || `(${send.kind})`} facts={factsOf(send)}>
            <Button onClick={() => run(request("channels.outbox.retry", { id: send.id }), "It is sent again.")}>
              Send again
            </Button>
            <Button look="quiet" onClick={() => run(request("channels.outbox.discard", { id: send.id }), "Left as it is.")}>
              Leave it
            </Button>
          </Row>
        ))}
      </Rows>
    </Part>
  );
}

const factsOf = ({ state, channel, accountId, chatId, error, attempts, updatedAt }: ChannelSendRow) =>
  [
    state === "dead" ? "refused" : "unknown",
    `${channel} ${accountId}, chat ${chatId}`,
    error,
    attempts === 1 ? "one attempt" : `${attempts} attempts`,
    dateTimeText(updatedAt),
  ]
    .filter(Boolean)
    .join(" · ");
