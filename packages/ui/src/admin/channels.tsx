/** Channels: what is connected and how it stands, who writes there, what became of each message, webhooks. */

import type { ComponentType } from "react";
import { ChannelAccounts } from "../components/channel-accounts.tsx";
import { ChannelHooks } from "../components/channel-hooks.tsx";
import { ChannelLog } from "../components/channel-log.tsx";
import { ChannelPairings } from "../components/channel-pairings.tsx";
import { ChannelPeople } from "../components/channel-people.tsx";
import { ChannelTroubled } from "../components/channel-troubled.tsx";
import { hashOf } from "../store/route.ts";
import type { AdminView } from "./view.ts";

const tabs: readonly { id: string | null; name: string; View: ComponentType }[] = [
  { id: null, name: "Accounts", View: Accounts },
  { id: "people", name: "People", View: People },
  { id: "log", name: "Messages", View: ChannelLog },
  { id: "webhooks", name: "Webhooks", View: ChannelHooks },
];

export function ChannelsPage({ rest }: AdminView) {
  const current = tabs.find((tab) => tab.id === rest) ?? tabs[0];
  return (
    <>
      <nav aria-label="Channels" className="mb-6 flex flex-wrap gap-x-1 border-b border-line">
        {tabs.map(({ id, name }) => (
          <a
            key={name}
            href={hashOf({ page: "admin", id: "channels", rest: id })}
            aria-current={id === current?.id ? "page" : undefined}
            className={`-mb-px border-b-2 px-2 py-2 text-sm sm:px-3 ${id === current?.id ? "border-coral font-medium" : "border-transparent text-soft hover:text-ink"}`}
          >
            {name}
          </a>
        ))}
      </nav>
      {current && <current.View />}
    </>
  );
}

function Accounts() {
  return (
    <div className="flex flex-col gap-9">
      <ChannelPairings />
      <ChannelAccounts />
      <ChannelTroubled />
    </div>
  );
}

function People() {
  return (
    <div className="flex flex-col gap-9">
      <ChannelPairings />
      <ChannelPeople />
    </div>
  );
}
