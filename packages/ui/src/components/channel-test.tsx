/** A live message, and what came of it: the provider's receipt, or why not. */

import type { ChannelAccountRow, ChannelSendRow } from "@moltworker/protocol/channels";
import { moltErrorFrom } from "@moltworker/protocol/errors";
import { type FormEvent, useState } from "react";
import { request } from "../store/gateway.ts";
import { sentence } from "../store/notices.ts";
import { Button } from "./button.tsx";

const patienceMs = 20_000;

export function LiveTest({ account }: { account: ChannelAccountRow }) {
  const { channel, accountId } = account;
  const [to, setTo] = useState("");
  const [said, setSaid] = useState<{ text: string; isWell: boolean } | null>(null);
  const [busy, setBusy] = useState(false);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setSaid(null);
    try {
      const target = to.trim() === "" ? {} : { to: to.trim() };
      const { send } = await request("channels.sendTest", { channel, accountId, ...target });
      setSaid(outcomeOf(await settled(send)));
    } catch (thrown) {
      const { message, hint } = moltErrorFrom(thrown);
      setSaid({ text: `${sentence(message)}. ${hint}`, isWell: false });
    } finally {
      setBusy(false);
    }
  };
  return (
    <form onSubmit={submit} className="mt-3 flex flex-wrap items-end gap-2 rounded-xl bg-sunk px-3 py-3" aria-busy={busy}>
      <label className="flex min-w-48 flex-1 flex-col gap-1 text-sm">
        <span className="text-soft">Send a test message to</span>
        <input
          className="field"
          value={to}
          placeholder="your own chat there"
          autoComplete="off"
          onChange={(event) => setTo(event.target.value)}
        />
      </label>
      <Button type="submit" look="primary" disabled={busy}>
        {busy ? "Sending…" : "Send it"}
      </Button>
      <p role="status" className={`w-full text-sm ${said ? (said.isWell ? "text-kelp" : "text-rose") : "text-soft"}`}>
        {said?.text ?? "It goes to you when you have written there first; or give the id of a chat."}
      </p>
    </form>
  );
}

/** As it stands once it is over, or after a while. */
async function settled(first: ChannelSendRow): Promise<ChannelSendRow> {
  const { channel, accountId } = first;
  const deadline = Date.now() + patienceMs;
  let send = first;
  while ((send.state === "prepared" || send.state === "attempted") && Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 300));
    const { sends } = await request("channels.outbox.list", { channel, accountId, limit: 50 }, { resend: true });
    send = sends.find((one) => one.id === first.id) ?? send;
  }
  return send;
}

function outcomeOf({ state, receipt, error }: ChannelSendRow): { text: string; isWell: boolean } {
  if (state === "confirmed") return { text: `It arrived; the provider's receipt is ${receipt}.`, isWell: true };
  if (state === "prepared" || state === "attempted")
    return { text: `It is still under way${error ? `: ${error}` : "."}`, isWell: false };
  return { text: `It did not arrive${error ? `: ${error}` : "."}`, isWell: false };
}
