/**
 * What waits for your word, always in view above the field: the whole call as it will run, why it asks, Approve and
 * Deny. Nothing takes the focus; Alt+Y and Alt+N answer from anywhere on the page.
 */

import type { Approval } from "@moltworker/protocol/rows";
import Hourglass from "lucide-react/icons/hourglass";
import { useEffect, useState } from "react";
import { useApp } from "../store/app.ts";
import { timeText } from "../store/format.ts";
import { sentence } from "../store/notices.ts";
import { go } from "../store/route.ts";
import { displayName } from "../store/select.ts";
import { decide } from "../store/talk.ts";
import { Button } from "./button.tsx";
import { CodeBlock } from "./code-block.tsx";
import { ToolInput } from "./tool-input.tsx";
import { toolWish } from "./tool-words.ts";

export function ApprovalDock({ sessionKey }: { sessionKey: string }) {
  const approvals = useApp((state) => state.approvals);
  const here = approvals.filter((approval) => approval.request.sessionKey === sessionKey);
  const elsewhere = approvals.find((approval) => approval.request.sessionKey !== sessionKey);
  const first = here[0];
  useShortcuts(first?.id);
  return (
    <>
      {elsewhere && !first && <Elsewhere approval={elsewhere} />}
      {first && <ApprovalCard key={first.id} approval={first} others={here.length - 1} />}
    </>
  );
}

function ApprovalCard({ approval, others }: { approval: Approval; others: number }) {
  const [busy, setBusy] = useState<"allow-once" | "deny" | null>(null);
  const name = useApp((state) => state.assistantName);
  const { tool, arguments: args, reason, command, hash } = approval.request;
  const answer = (decision: "allow-once" | "deny") => {
    setBusy(decision);
    void decide(approval.id, decision).finally(() => setBusy(null));
  };
  return (
    <section
      aria-label="Approval"
      className="mb-3 animate-rise rounded-2xl border border-honey bg-raised p-4 shadow-soft"
      data-approval={approval.id}
    >
      <div className="flex items-start gap-3">
        <Hourglass size={18} className="mt-0.5 shrink-0 text-honey" aria-hidden="true" />
        <div className="min-w-0 flex-1">
          <h2 className="font-semibold">
            {name || "The assistant"} would like to {toolWish(tool)}
          </h2>
          <p className="text-sm text-soft">{sentence(reason)}</p>
        </div>
      </div>
      <div className="relative max-h-[38vh] overflow-y-auto">
        {Object.keys(args).length === 0 ? <CodeBlock code={command} language="" label="call" wrap /> : <ToolInput args={args} />}
      </div>
      <div className="flex flex-wrap items-center gap-2">
        <Button look="primary" disabled={busy !== null} onClick={() => answer("allow-once")}>
          {busy === "allow-once" ? "Approving…" : "Approve"} <Keys text="Alt Y" />
        </Button>
        <Button disabled={busy !== null} onClick={() => answer("deny")}>
          {busy === "deny" ? "Denying…" : "Deny"} <Keys text="Alt N" />
        </Button>
        <p className="ml-auto text-xs text-soft" title={`SHA-256 of the call: ${hash}`}>
          {others > 0 && `${others} more after this · `}waits until {timeText(approval.expiresAtMs)} · exactly this runs
        </p>
      </div>
    </section>
  );
}

function Elsewhere({ approval }: { approval: Approval }) {
  const key = approval.request.sessionKey;
  const name = useApp((state) => displayName(state, key));
  return (
    <p className="mb-3 flex items-center gap-3 rounded-xl border border-honey bg-raised px-4 py-2 text-sm">
      <Hourglass size={16} className="shrink-0 text-honey" aria-hidden="true" />
      <span className="min-w-0 flex-1 truncate">“{name}” waits for your approval.</span>
      <Button onClick={() => go({ page: "chat", key })}>Look</Button>
    </p>
  );
}

function Keys({ text }: { text: string }) {
  return <span className="hidden text-xs opacity-80 pointer-fine:inline">{text}</span>;
}

function useShortcuts(id: string | undefined): void {
  useEffect(() => {
    if (!id) return;
    const onKey = (event: KeyboardEvent) => {
      if (!event.altKey || event.ctrlKey || event.metaKey) return;
      const decision = event.code === "KeyY" ? "allow-once" : event.code === "KeyN" ? "deny" : undefined;
      if (!decision) return;
      event.preventDefault();
      void decide(id, decision);
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [id]);
}
