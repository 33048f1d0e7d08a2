/** Settings: few pages, each of things a person wants to change; changes are checked by the server before they hold. */

import ArrowLeft from "lucide-react/icons/arrow-left";
import Menu from "lucide-react/icons/menu";
import type { ReactNode } from "react";
import { IconButton } from "../components/button.tsx";
import { ConnectionStrip } from "../components/connection-line.tsx";
import { openDrawer } from "../components/drawer.ts";
import { AppearanceSettings } from "../components/settings-appearance.tsx";
import { AssistantSettings } from "../components/settings-assistant.tsx";
import { FileSettings } from "../components/settings-files.tsx";
import { ModelSettings } from "../components/settings-models.tsx";
import { SuspendedBanner } from "../components/suspended-banner.tsx";
import { useApp } from "../store/app.ts";
import { go, hashOf, type SettingsTab, settingsTabs } from "../store/route.ts";

const tabs: Record<SettingsTab, { name: string; view(): ReactNode }> = {
  models: { name: "Models", view: () => <ModelSettings /> },
  assistant: { name: "Assistant", view: () => <AssistantSettings /> },
  files: { name: "Files", view: () => <FileSettings /> },
  appearance: { name: "Appearance", view: () => <AppearanceSettings /> },
};

export function SettingsPage({ tab }: { tab: SettingsTab }) {
  const booted = useApp((state) => state.booted);
  const key = useApp((state) => state.currentKey);
  return (
    <>
      <header className="flex min-h-13 items-center gap-2 border-b border-line px-2 md:px-5">
        <IconButton label="Conversations" className="md:hidden" onClick={openDrawer}>
          <Menu size={19} />
        </IconButton>
        <IconButton label="Back to the conversation" onClick={() => go({ page: "chat", key: key || null })}>
          <ArrowLeft size={18} />
        </IconButton>
        <h1 className="font-semibold tracking-tight">Settings</h1>
      </header>
      <ConnectionStrip />
      <SuspendedBanner />
      <div className="relative min-h-0 flex-1 overflow-y-auto">
        <div className="mx-auto w-full max-w-3xl px-4 py-5 sm:px-6">
          <nav aria-label="Settings" className="-mx-1 mb-6 flex flex-wrap gap-1 border-b border-line pb-2">
            {settingsTabs.map((name) => (
              <a
                key={name}
                href={hashOf({ page: "settings", tab: name })}
                aria-current={name === tab ? "page" : undefined}
                className={`rounded-[0.625rem] px-3 py-1.5 text-sm ${name === tab ? "bg-tint font-medium" : "text-soft hover:bg-hover hover:text-ink"}`}
              >
                {tabs[name].name}
              </a>
            ))}
            <a
              href={hashOf({ page: "admin", id: null, rest: null })}
              className="ml-auto rounded-[0.625rem] px-3 py-1.5 text-sm text-soft hover:bg-hover hover:text-ink"
            >
              Admin
            </a>
          </nav>
          {booted ? tabs[tab].view() : <p className="text-sm text-soft">Waiting for the assistant…</p>}
        </div>
      </div>
    </>
  );
}
