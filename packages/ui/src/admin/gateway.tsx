/** The AI gateway: what was used and what it cost, budgets and limits, tokens for programs, every call. */

import { ConfigBudgets } from "../components/gateway-budgets.tsx";
import { GatewayHealth } from "../components/gateway-health.tsx";
import { GatewayLimits } from "../components/gateway-limits.tsx";
import { GatewayLog } from "../components/gateway-log.tsx";
import { GatewayTokens } from "../components/gateway-tokens.tsx";
import { GatewayUsage } from "../components/gateway-usage.tsx";
import { hashOf } from "../store/route.ts";
import type { AdminView } from "./view.ts";

const sections = [
  { id: "usage", name: "Usage", View: GatewayUsage },
  { id: "budgets", name: "Budgets", View: ConfigBudgets },
  { id: "limits", name: "Limits", View: GatewayLimits },
  { id: "tokens", name: "Tokens", View: GatewayTokens },
  { id: "health", name: "Breakers", View: GatewayHealth },
  { id: "calls", name: "Calls", View: GatewayLog },
] as const;

export function GatewayPage({ rest }: AdminView) {
  const [id = "usage", ...more] = rest?.split("/") ?? [];
  const current = sections.find((section) => section.id === id) ?? sections[0];
  return (
    <div className="flex flex-col gap-6">
      <nav aria-label="AI Gateway" className="-mx-1 flex gap-1 overflow-x-auto border-b border-line px-1">
        {sections.map((section) => (
          <a
            key={section.id}
            href={hashOf({ page: "admin", id: "gateway", rest: section.id })}
            aria-current={section === current ? "page" : undefined}
            className={`-mb-px border-b-2 px-3 py-2 text-sm ${section === current ? "border-coral font-medium" : "border-transparent text-soft hover:text-ink"}`}
          >
            {section.name}
          </a>
        ))}
      </nav>
      <current.View rest={more.join("/") || null} />
    </div>
  );
}
