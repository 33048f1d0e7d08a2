/** Connected accounts with their standing, last error and cure; and the way to connect one more. */

import type { AccountState, ChannelAccountRow, ChannelKindRow } from "@moltworker/protocol/channels";
import { useState } from "react";
import { useApp } from "../store/app.ts";
import { dateTimeText } from "../store/format.ts";
import { request } from "../store/gateway.ts";
import { notify, notifyError, sentence } from "../store/notices.ts";
import { Nothing, Part } from "./access-part.tsx";
import { Button } from "./button.tsx";
import { ConnectChannel } from "./channel-connect.tsx";
import { LiveTest } from "./channel-test.tsx";
import { ConfirmDialog } from "./confirm-dialog.tsx";
import { CopyButton } from "./copy-button.tsx";
import { useLoaded } from "./use-loaded.ts";

const load = () => request("channels.status", {}, { resend: true });

const looks: Record<AccountState, { word: string; tone: string }> = {
  ready: { word: "Ready", tone: "bg-kelp-wash text-kelp" },
  starting: { word: "Starting", tone: "bg-sunk text-soft" },
  degraded: { word: "Look at", tone: "bg-honey-wash text-honey" },
  failed: { word: "Failed", tone: "bg-rose-wash text-rose" },
  off: { word: "Off", tone: "bg-sunk text-soft" },
  unconfigured: { word: "Not connected", tone: "bg-sunk text-soft" },
};

export function ChannelAccounts() {
  const revision = useApp((state) => state.channelsRevision);
  const [status, reload] = useLoaded(load, revision);
  const accounts = Object.values(status?.channelAccounts ?? {}).flat();
  const labelOf = (channel: string) => status?.channelLabels[channel] ?? channel;
  const [fresh, setFresh] = useState<ChannelAccountRow | null>(null);
  return (
    <Part title="Accounts" about="Each is a bot, a number or a program that people reach the assistant through.">
      {status && accounts.length === 0 && <Nothing>None yet. Connect the first one below.</Nothing>}
      {accounts.length > 0 && (
        <ul aria-label="Accounts" className="flex flex-col gap-3">
          {accounts.map((account) => (
            <Account
              key={`${account.channel} ${account.accountId}`}
              account={account}
              label={labelOf(account.channel)}
              isFresh={fresh?.channel === account.channel && fresh.accountId === account.accountId}
              onChange={reload}
            />
          ))}
        </ul>
      )}
      {status && (
        <ConnectChannel
          kinds={status.kinds as ChannelKindRow[]}
          accounts={accounts}
          onConnected={(account) => {
            setFresh(account);
            reload();
          }}
        />
      )}
    </Part>
  );
}

interface AccountProps {
  account: ChannelAccountRow;
  label: string;
  /** It was connected a moment ago: what to do next stands with it. */
  isFresh: boolean;
  onChange(): void;
}

function Account({ account, label, isFresh, onChange }: AccountProps) {
  const { channel, accountId, state, error, configured, enabled } = account;
  const [leaving, setLeaving] = useState(false);
  /** null: as the moment suggests. */
  const [opened, setOpened] = useState<boolean | null>(null);
  const testing = opened ?? isFresh;
  const ref = { channel, accountId };
  const run = (work: Promise<unknown>, done: string) => void work.then(() => notify(done), notifyError).finally(onChange);
  const { word, tone } = looks[state];
  return (
    <li
      className="rounded-2xl border border-line bg-raised px-4 py-3"
      data-account={`${channel}:${accountId}`}
      data-state={state}
    >
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <h3 className="font-medium [overflow-wrap:anywhere]">
          {label} {account.handle ?? account.name ?? accountId}
        </h3>
        <span className={`ml-auto shrink-0 rounded-full px-2.5 py-0.5 text-xs font-medium ${tone}`}>{word}</span>
      </div>
      <p className="text-sm text-soft [overflow-wrap:anywhere]">{factsOf(account)}</p>
      {account.webhookUrl && <Address path={account.webhookUrl} />}
      {error && (
        <p
          role="alert"
          className="mt-2 rounded-xl bg-rose-wash px-3 py-2 text-sm [overflow-wrap:anywhere]"
          data-error={error.details.code}
        >
          <span className="font-medium text-rose">{sentence(error.message)}.</span> {error.details.hint}
        </p>
      )}
      <Actions
        account={account}
        label={label}
        isTesting={testing}
        onTest={() => setOpened(!testing)}
        onSwitch={() =>
          run(request(enabled ? "channels.stop" : "channels.start", ref), enabled ? `${label} is off.` : `${label} is on.`)
        }
        onLeave={() => setLeaving(true)}
      />
      {testing && configured && enabled && <LiveTest account={account} />}
      <ConfirmDialog
        open={leaving}
        title={`Disconnect ${label} ${account.handle ?? accountId}?`}
        text="Its secret is forgotten and nothing comes in any more. People and settings stay."
        action="Disconnect"
        onConfirm={() => run(request("channels.logout", ref), "Disconnected.")}
        onClose={() => setLeaving(false)}
      />
    </li>
  );
}

interface ActionsProps {
  account: ChannelAccountRow;
  label: string;
  isTesting: boolean;
  onTest(): void;
  onSwitch(): void;
  onLeave(): void;
}

function Actions({ account, label, isTesting, onTest, onSwitch, onLeave }: ActionsProps) {
  const { link, configured, enabled, accountId } = account;
  return (
    <div className="mt-3 flex flex-wrap gap-2">
      {link && (
        <a
          href={link}
          target="_blank"
          rel="noreferrer"
          className="inline-flex min-h-9 items-center rounded-[0.625rem] border border-line px-3.5 text-sm hover:bg-hover"
        >
          Open the chat
        </a>
      )}
      {configured && enabled && (
        <Button aria-expanded={isTesting} onClick={onTest}>
          Live test
        </Button>
      )}
      {configured && (
        <Button look="quiet" onClick={onSwitch}>
          {enabled ? "Switch off" : "Switch on"}
        </Button>
      )}
      {configured && (
        <Button look="danger" aria-label={`Disconnect ${label} ${accountId}`} onClick={onLeave}>
          Disconnect
        </Button>
      )}
    </div>
  );
}

function Address({ path }: { path: string }) {
  const url = new URL(path, location.origin).href;
  return (
    <p className="mt-1 flex items-center gap-1 text-sm">
      <code className="min-w-0 font-mono text-xs [overflow-wrap:anywhere]">{url}</code>
      <CopyButton text={url} label="Copy the address" />
    </p>
  );
}

function factsOf(account: ChannelAccountRow): string {
  const { accountId, modeReason, mode, lastInboundAt, lastOutboundAt, sends, dmPolicy, tokenSource } = account;
  return [
    accountId === "default" ? null : accountId,
    mode === null ? null : mode === "polling" ? "polling" : "webhook",
    modeReason,
    `private chats: ${dmPolicy}`,
    lastInboundAt === null ? "nothing came in yet" : `last in ${dateTimeText(lastInboundAt)}`,
    lastOutboundAt === null ? null : `last out ${dateTimeText(lastOutboundAt)}`,
    sends.waiting > 0 ? `${sends.waiting} to send` : null,
    tokenSource === "environment" ? "secret from the environment" : null,
  ]
    .filter(Boolean)
    .map((fact) => String(fact).replace(/\.$/, ""))
    .join(" · ");
}
