/** The column of conversations; on a narrow screen it is a drawer over the talk. */

import ExternalLink from "lucide-react/icons/external-link";
import Gauge from "lucide-react/icons/gauge";
import OctagonX from "lucide-react/icons/octagon-x";
import PanelLeftClose from "lucide-react/icons/panel-left-close";
import Search from "lucide-react/icons/search";
import Settings from "lucide-react/icons/settings";
import SquarePen from "lucide-react/icons/square-pen";
import { useEffect, useRef } from "react";
import { useApp } from "../store/app.ts";
import { go } from "../store/route.ts";
import { newSession, setSuspended } from "../store/sessions.ts";
import { Button, IconButton } from "./button.tsx";
import { openPalette } from "./command-palette.tsx";
import { ConnectionDot } from "./connection-line.tsx";
import { closeDrawer, useDrawer } from "./drawer.ts";
import { Mark } from "./mark.tsx";
import { SessionList } from "./session-list.tsx";

export function Sidebar() {
  const { open, narrow } = useDrawer();
  const name = useApp((state) => state.assistantName);
  const aside = useRef<HTMLElement>(null);
  const hidden = narrow && !open;

  useEffect(() => {
    if (!narrow || !open) return;
    aside.current?.querySelector<HTMLElement>("button")?.focus();
    const onKey = (event: KeyboardEvent) => event.key === "Escape" && closeDrawer();
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [narrow, open]);

  return (
    <>
      {narrow && open && (
        <div className="fixed inset-0 z-30 animate-fade bg-[rgb(25_15_12/0.4)]" onClick={closeDrawer} aria-hidden="true" />
      )}
      <aside
        ref={aside}
        aria-label="Conversations"
        inert={hidden}
        className={`print-hide drawer z-30 flex w-[17.5rem] shrink-0 flex-col border-r border-line bg-sunk max-md:fixed max-md:inset-y-0 max-md:left-0 max-md:w-[min(19rem,86vw)] max-md:shadow-lift ${hidden ? "max-md:invisible max-md:-translate-x-full" : ""}`}
      >
        <div className="flex items-center gap-2.5 px-4 pb-2 pt-3.5">
          <Mark size={26} />
          <span className="min-w-0 flex-1 truncate text-base font-semibold tracking-tight">{name || "Moltworker"}</span>
          {narrow && (
            <IconButton label="Close the list" onClick={closeDrawer}>
              <PanelLeftClose size={18} />
            </IconButton>
          )}
        </div>
        <div className="flex gap-2 px-3 py-2">
          <Button
            className="flex-1 justify-start"
            onClick={() => {
              newSession();
              closeDrawer();
            }}
          >
            <SquarePen size={16} aria-hidden="true" /> New conversation
          </Button>
          <IconButton label="Search and commands (Ctrl K)" className="border border-line bg-raised" onClick={openPalette}>
            <Search size={16} />
          </IconButton>
        </div>
        <HostedLink />
        <SessionList onOpen={closeDrawer} />
        <SidebarFoot />
      </aside>
    </>
  );
}

/** A hosted OpenClaw has a page of its own. */
function HostedLink() {
  const engine = useApp((state) => state.engine);
  if (engine !== "moltbot") return null;
  return (
    <a
      href="/openclaw/"
      className="mx-3 mb-1 flex items-center gap-2 rounded-xl bg-honey-wash px-3 py-2 text-sm font-medium text-honey"
    >
      <ExternalLink size={16} aria-hidden="true" /> Open OpenClaw
    </a>
  );
}

export function SidebarFoot() {
  const suspended = useApp((state) => state.suspended);
  return (
    <div className="flex items-center gap-1 border-t border-line py-2 pl-4 pr-2">
      <span className="min-w-0 flex-1">
        <ConnectionDot />
      </span>
      <IconButton
        label={suspended ? "STOP is on" : "STOP everything"}
        disabled={suspended}
        className="hover:text-rose"
        onClick={() => setSuspended(true)}
      >
        <OctagonX size={18} />
      </IconButton>
      <IconButton
        label="Admin"
        onClick={() => {
          go({ page: "admin", id: null, rest: null });
          closeDrawer();
        }}
      >
        <Gauge size={18} />
      </IconButton>
      <IconButton
        label="Settings"
        onClick={() => {
          go({ page: "settings", tab: "models" });
          closeDrawer();
        }}
      >
        <Settings size={18} />
      </IconButton>
    </div>
  );
}
