/** Messages that are not rows yet: on their way, waiting for the next step, or not delivered. */

import { threadOf, useApp } from "../store/app.ts";
import { sentence } from "../store/notices.ts";
import type { Outgoing } from "../store/state.ts";
import { discardOutgoing, sendAgain } from "../store/talk.ts";
import { Button } from "./button.tsx";
import { Bubble } from "./user-message.tsx";

export function OutgoingList({ sessionKey }: { sessionKey: string }) {
  const outgoing = useApp((state) => threadOf(state, sessionKey).outgoing);
  const pending = useApp((state) => threadOf(state, sessionKey).pending);
  const known = new Set(outgoing.map((own) => own.runId));
  return (
    <>
      {outgoing.map((own) => (
        <div
          key={own.runId}
          className="flex animate-rise flex-col items-end gap-1 pb-5"
          data-outgoing={own.queued ? "queued" : own.state}
        >
          {own.files.length > 0 && <p className="text-xs text-soft">{own.files.map((file) => file.name).join(", ")}</p>}
          {own.text !== "" && <Bubble text={own.text} faded={own.queued || own.state === "failed"} />}
          <OutgoingState own={own} sessionKey={sessionKey} />
        </div>
      ))}
      {pending
        .filter((input) => !known.has(input.runId))
        .map((input) => (
          <div key={input.id} className="flex flex-col items-end gap-1 pb-5" data-outgoing="queued">
            <Bubble text={input.text} faded />
            <p className="text-xs text-soft">Waits for the next step</p>
          </div>
        ))}
    </>
  );
}

function OutgoingState({ own, sessionKey }: { own: Outgoing; sessionKey: string }) {
  const offline = useApp((state) => state.connection.phase !== "connected");
  if (own.state === "failed") {
    return (
      <div role="alert" className="flex max-w-[85%] flex-col items-end gap-2 text-sm">
        <p className="text-rose">
          Not sent: {sentence(own.error?.message ?? "unknown cause")}. <span className="text-ink">{own.error?.hint}</span>
        </p>
        <div className="flex gap-2">
          <Button look="quiet" onClick={() => discardOutgoing(sessionKey, own.runId)}>
            Discard
          </Button>
          <Button onClick={() => sendAgain(sessionKey, own.runId)}>Send again</Button>
        </div>
      </div>
    );
  }
  if (own.state === "sending" && offline) return <p className="text-xs text-soft">Goes out as soon as the connection is back</p>;
  if (own.queued) return <p className="text-xs text-soft">Waits for the next step</p>;
  return null;
}
