/**
 * The pages of the admin: one file in this folder and one line here each. Each is fetched when first opened, so a page may
 * be as heavy as it must. A page whose method the server does not offer is not listed.
 */

import ArrowLeftRight from "lucide-react/icons/arrow-left-right";
import Box from "lucide-react/icons/box";
import Coins from "lucide-react/icons/coins";
import Gauge from "lucide-react/icons/gauge";
import History from "lucide-react/icons/history";
import MessagesSquare from "lucide-react/icons/messages-square";
import PackageCheck from "lucide-react/icons/package-check";
import ScrollText from "lucide-react/icons/scroll-text";
import ShieldCheck from "lucide-react/icons/shield-check";
import SlidersHorizontal from "lucide-react/icons/sliders-horizontal";
import Terminal from "lucide-react/icons/terminal";
import { type ComponentType, lazy } from "react";
import type { AdminView } from "./view.ts";

export interface AdminPage {
  /** Its place in the address. */
  id: string;
  name: string;
  /** One line for the command palette. */
  hint: string;
  icon: ComponentType<{ size?: number }>;
  /** The server's method that it lives on. */
  needs?: string;
  View: ComponentType<AdminView>;
}

const page = (load: () => Promise<ComponentType<AdminView>>) => lazy(async () => ({ default: await load() }));

const adminPages: readonly AdminPage[] = [
  {
    id: "health",
    name: "Health",
    hint: "what is wrong, and what cures it",
    icon: Gauge,
    View: page(async () => (await import("./health.tsx")).HealthPage),
  },
  {
    id: "access",
    name: "Access",
    hint: "devices, tokens, browsers, STOP",
    icon: ShieldCheck,
    View: page(async () => (await import("./access.tsx")).AccessPage),
  },
  {
    id: "channels",
    name: "Channels",
    hint: "Telegram, webhooks, people, messages",
    icon: MessagesSquare,
    needs: "channels.status",
    View: page(async () => (await import("./channels.tsx")).ChannelsPage),
  },
  {
    id: "configuration",
    name: "Configuration",
    hint: "every setting, its history, the way back",
    icon: SlidersHorizontal,
    needs: "config.schema",
    View: page(async () => (await import("./configuration.tsx")).ConfigurationPage),
  },
  {
    id: "moving",
    name: "Import and export",
    hint: "come from another installation, leave with everything",
    icon: ArrowLeftRight,
    View: page(async () => (await import("./moving.tsx")).MovingPage),
  },
  {
    id: "gateway",
    name: "AI Gateway",
    hint: "what models cost, budgets, limits, tokens, every call",
    icon: Coins,
    needs: "gateway.usage",
    View: page(async () => (await import("./gateway.tsx")).GatewayPage),
  },
  {
    id: "snapshots",
    name: "Storage and snapshots",
    hint: "what is saved, whether it was proved, and the way back",
    icon: History,
    needs: "snapshots.list",
    View: page(async () => (await import("./snapshots.tsx")).SnapshotsPage),
  },
  {
    id: "containers",
    name: "Containers",
    hint: "the sandbox: how it stands, its image, its last lines",
    icon: Box,
    needs: "containers.list",
    View: page(async () => (await import("./containers.tsx")).ContainersPage),
  },
  {
    id: "audit",
    name: "Audit",
    hint: "who did what, and what came of it",
    icon: ScrollText,
    needs: "audit.list",
    View: page(async () => (await import("./audit.tsx")).AuditPage),
  },
  {
    id: "logs",
    name: "Logs",
    hint: "what it says, as it says it",
    icon: Terminal,
    needs: "logs.list",
    View: page(async () => (await import("./logs.tsx")).LogsPage),
  },
  {
    id: "version",
    name: "Version",
    hint: "what runs, what should run, restart",
    icon: PackageCheck,
    needs: "version.status",
    View: page(async () => (await import("./version.tsx")).VersionPage),
  },
];

/** Those that this server can fill; before it said what it offers, all of them. */
export function offeredPages(methods: readonly string[] | undefined): AdminPage[] {
  return adminPages.filter((one) => one.needs === undefined || (methods?.includes(one.needs) ?? true));
}
