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

export function AuditPage() {
  const connected = useApp((state) => state.connection.phase === "connected");
  const [typed, setTyped] = useState("");
  const [search, setSearch] = useState("");
  const [found, setFound] = useState<Found | null>(null);
  useEffect(() => {
    if (connected) request("audit.list", { limit: pageRows, search }, { resend: true }).then(setFound, notifyError);
  }, [connected, search]);
  const older = async () => {
    const before = found?.rows.at(-1)?.id;
    if (!found || before === undefined) return;
    const next = await request("audit.list", { limit: pageRows, search, before }, { resend: true });
    setFound({ rows: [...found.rows, ...next.rows], hasMore: next.hasMore });
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setSearch(typed.trim());
  };
  return (
    <Part
      title="What happened"
      about="Sign-ins, refusals, and every change of access, keys, settings and STOP. No secret is in it."
    >
      <form onSubmit={submit} className="mb-3 flex gap-2">
        <input
          type="search"
          aria-label="Search what happened"
          placeholder="A name, an address, AUTH_…"
          className="field min-w-0 flex-1"
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
        />
        <Button type="submit">Search</Button>
      </form>
      {found?.rows.length === 0 && <Nothing>Nothing{search ? " with these words" : " yet"}.</Nothing>}
      {found && found.rows.length > 0 && (
        <ol aria-label="What happened" className="divide-y divide-line rounded-2xl border border-line bg-raised text-sm">
          {found.rows.map((row) => (
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
      )}
      {found?.hasMore && (
        <Button className="mt-3" onClick={() => void older().catch(notifyError)}>
          Older
        </Button>
      )}
    </Part>
  );
}
