/** Who did what, newest first, with a search through all of it. */

import type { AuditRow } from "@moltworker/protocol/rows";
import { type FormEvent, useEffect, useState } from "react";
import { Nothing, Part } from "../components/access-part.tsx";
import { Button } from "../components/button.tsx";
import { useApp } from "../store/app.ts";
import { dateTimeText } from "../store/format.ts";
import { request } from "../store/gateway.ts";
import { notifyError } from "../store/notices.ts";

const pageRows = 20;

interface Found {
  rows: AuditRow[];
  hasMore: boolean;
}

interface Filter {
  search: string;
  outcome: "" | "done" | "refused";
  /** Days back; 0 is all of it. */
  days: number;
}

const nothingAsked: Filter = { search: "", outcome: "", days: 0 };
const dayMs = 86_400_000;

/** What the server is asked for. */
function paramsOf({ search, outcome, days }: Filter): { search?: string; outcome?: string; since?: number } {
  return {
    ...(search ? { search } : {}),
    ...(outcome ? { outcome } : {}),
    ...(days > 0 ? { since: Math.floor((Date.now() - days * dayMs) / 60_000) * 60_000 } : {}),
  };
}

export function AuditPage() {
  const connected = useApp((state) => state.connection.phase === "connected");
  const [typed, setTyped] = useState("");
  const [filter, setFilter] = useState(nothingAsked);
  const [found, setFound] = useState<Found | null>(null);
  useEffect(() => {
    if (connected) request("audit.list", { limit: pageRows, ...paramsOf(filter) }, { resend: true }).then(setFound, notifyError);
  }, [connected, filter]);
  const older = async () => {
    const before = found?.rows.at(-1)?.id;
    if (!found || before === undefined) return;
    const next = await request("audit.list", { limit: pageRows, ...paramsOf(filter), before }, { resend: true });
    setFound({ rows: [...found.rows, ...next.rows], hasMore: next.hasMore });
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setFilter({ ...filter, search: typed.trim() });
  };
  const query = new URLSearchParams(Object.entries(paramsOf(filter)).map(([name, value]) => [name, String(value)]));
  return (
    <Part
      title="What happened"
      about="Sign-ins, refusals, and every change of access, keys, settings and STOP. Rows are only ever added, and no secret is in one."
    >
      <form onSubmit={submit} className="mb-3 flex flex-wrap gap-2">
        <input
          type="search"
          aria-label="Search what happened"
          placeholder="A name, an address, AUTH_…"
          className="field min-w-0 flex-1 basis-56"
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
        />
        <Button type="submit">Search</Button>
        <select
          aria-label="What came of it"
          className="field"
          value={filter.outcome}
          onChange={({ target }) => setFilter({ ...filter, outcome: target.value as Filter["outcome"] })}
        >
          <option value="">done or refused</option>
          <option value="done">done</option>
          <option value="refused">refused</option>
        </select>
        <WhenSelect days={filter.days} onChoose={(days) => setFilter({ ...filter, days })} />
        <a
          href={`/api/admin/audit.jsonl?${query}`}
          download="moltworker-audit.jsonl"
          className="inline-flex min-h-9 items-center rounded-[0.625rem] border border-line bg-raised px-3.5 text-sm hover:bg-hover"
        >
          Export
        </a>
      </form>
      {found?.rows.length === 0 && <Nothing>Nothing{filter === nothingAsked ? " yet" : " like this"}.</Nothing>}
      {found && found.rows.length > 0 && <AuditRows rows={found.rows} />}
      {found?.hasMore && (
        <Button className="mt-3" onClick={() => void older().catch(notifyError)}>
          Older
        </Button>
      )}
    </Part>
  );
}

function AuditRows({ rows }: { rows: AuditRow[] }) {
  return (
    <ol aria-label="What happened" className="divide-y divide-line rounded-2xl border border-line bg-raised text-sm">
      {rows.map((row) => (
        <li key={row.id} className="px-4 py-2 [overflow-wrap:anywhere]">
          <p className="flex flex-wrap items-baseline justify-between gap-x-3">
            <span className="font-medium">
              {row.action}
              {row.outcome !== "ok" && <span className="ml-2 font-normal text-rose">{row.outcome}</span>}
            </span>
            <time className="text-xs text-soft" dateTime={new Date(row.at).toISOString()}>
              {dateTimeText(row.at)}
            </time>
          </p>
          <p className="text-soft">{[row.who, row.address, row.detail].filter(Boolean).join(" · ")}</p>
        </li>
      ))}
    </ol>
  );
}

function WhenSelect({ days, onChoose }: { days: number; onChoose(days: number): void }) {
  return (
    <select aria-label="When" className="field" value={days} onChange={({ target }) => onChoose(Number(target.value))}>
      <option value={0}>at any time</option>
      <option value={1}>in the last day</option>
      <option value={7}>in the last week</option>
      <option value={30}>in the last month</option>
    </select>
  );
}
