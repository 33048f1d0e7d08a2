/** Every message that came in and what became of it: its fate, the reason, and the receipts of what was sent for it. */

import { type ChannelMessageRow, type ChannelSendRow, type MessageFate, messageFates } from "@moltworker/protocol/channels";
import { useEffect, useState } from "react";
import { useApp } from "../store/app.ts";
import { dateTimeText } from "../store/format.ts";
import { request } from "../store/gateway.ts";
import { notifyError } from "../store/notices.ts";
import { hashOf } from "../store/route.ts";
import { Nothing } from "./access-part.tsx";
import { Button } from "./button.tsx";

const pageRows = 30;
const everyMs = 5_000;

const looks: Record<MessageFate, { word: string; tone: string }> = {
  received: { word: "taken in", tone: "bg-sunk text-soft" },
  queued: { word: "being answered", tone: "bg-honey-wash text-honey" },
  answered: { word: "answered", tone: "bg-kelp-wash text-kelp" },
  handled: { word: "done", tone: "bg-kelp-wash text-kelp" },
  ignored: { word: "not for the assistant", tone: "bg-sunk text-soft" },
  refused: { word: "refused", tone: "bg-rose-wash text-rose" },
  failed: { word: "failed", tone: "bg-rose-wash text-rose" },
};

export function ChannelLog() {
  const revision = useApp((state) => state.channelsRevision);
  const [fate, setFate] = useState<MessageFate | "">("");
  const [count, setCount] = useState(pageRows);
  const [found, setFound] = useState<{ messages: ChannelMessageRow[]; hasMore: boolean }>();
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new revision is the reason to read again
  useEffect(() => {
    const read = () =>
      document.visibilityState === "visible" &&
      request("channels.messages.list", { limit: count, ...(fate === "" ? {} : { fate }) }, { resend: true }).then(
        setFound,
        notifyError,
      );
    void read();
    const timer = setInterval(read, everyMs);
    return () => clearInterval(timer);
  }, [fate, count, revision]);
  return (
    <section>
      <label className="mb-4 flex max-w-60 flex-col gap-1 text-sm">
        <span className="text-soft">Show</span>
        <select className="field" value={fate} onChange={(event) => setFate(event.target.value as MessageFate | "")}>
          <option value="">all messages</option>
          {messageFates.map((one) => (
            <option key={one} value={one}>
              {looks[one].word}
            </option>
          ))}
        </select>
      </label>
      {found?.messages.length === 0 && <Nothing>No message yet.</Nothing>}
      <ol aria-label="Messages" className="flex flex-col gap-2">
        {found?.messages.map((message) => (
          <Message key={message.id} message={message} />
        ))}
      </ol>
      {found?.hasMore && count < 200 && (
        <Button className="mt-4" onClick={() => setCount(Math.min(200, count + pageRows))}>
          Older ones
        </Button>
      )}
    </section>
  );
}

function Message({ message }: { message: ChannelMessageRow }) {
  const { fate, reason, senderName, channel, accountId, chatId, chatKind, preview, receivedAt, sessionKey, sends } = message;
  const { word, tone } = looks[fate];
  const where = chatKind === "direct" ? `${channel} ${accountId}` : `${channel} ${accountId}, ${chatKind} ${chatId}`;
  return (
    <li className="rounded-2xl border border-line bg-raised px-4 py-3" data-fate={fate}>
      <div className="flex flex-wrap items-baseline gap-x-3 gap-y-1">
        <p className="min-w-0 flex-1 basis-40 text-sm [overflow-wrap:anywhere]">
          <span className="font-medium">{senderName || "Somebody"}</span> <span className="text-soft">· {where}</span>
        </p>
        <span className={`shrink-0 rounded-full px-2.5 py-0.5 text-xs font-medium ${tone}`}>{word}</span>
      </div>
      {preview && <p className="mt-1 [overflow-wrap:anywhere]">{preview}</p>}
      <p className="mt-1 text-sm text-soft [overflow-wrap:anywhere]">
        {dateTimeText(receivedAt)}
        {reason && ` · ${reason}`}
        {sessionKey && (
          <>
            {" · "}
            <a className="underline underline-offset-2 hover:text-ink" href={hashOf({ page: "chat", key: sessionKey })}>
              Open the conversation
            </a>
          </>
        )}
      </p>
      {sends.length > 0 && (
        <ul className="mt-1 text-sm text-soft">
          {sends.map((send) => (
            <li key={send.id}>{sendText(send)}</li>
          ))}
        </ul>
      )}
    </li>
  );
}

function sendText({ kind, state, receipt, error }: ChannelSendRow): string {
  if (state === "confirmed") return `${kind}: arrived, receipt ${receipt}`;
  if (state === "prepared" || state === "attempted") return `${kind}: under way${error ? ` (${error})` : ""}`;
  return `${kind}: ${state === "dead" ? "refused" : "unknown"}${error ? ` (${error})` : ""}`;
}
