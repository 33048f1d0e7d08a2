/** Every call, newest first, with a search through all of them; one opens to everything that is kept of it. */

import type { GatewayLogRow } from "@moltworker/protocol/gateway";
import { type FormEvent, useCallback, useEffect, useState } from "react";
import { useApp } from "../store/app.ts";
import { costText, dateTimeText, durationText, tokensText } from "../store/format.ts";
import { request } from "../store/gateway.ts";
import { notifyError } from "../store/notices.ts";
import { go } from "../store/route.ts";
import { Nothing, Part } from "./access-part.tsx";
import { Button } from "./button.tsx";
import { GatewayCall } from "./gateway-call.tsx";

const pageRows = 30;

export function GatewayLog({ rest }: { rest: string | null }) {
  return rest === null ? <List /> : <GatewayCall id={rest} />;
}

function List() {
  const connected = useApp((state) => state.connection.phase === "connected");
  const [typed, setTyped] = useState("");
  const [search, setSearch] = useState("");
  const [onlyFailed, setOnlyFailed] = useState(false);
  const [found, setFound] = useState<{ rows: GatewayLogRow[]; next: string | null } | null>(null);
  const read = useCallback(
    (before?: string) => {
      const filter = { ...(search ? { search } : {}), ...(onlyFailed ? { success: false } : {}), ...(before ? { before } : {}) };
      return request("gateway.logs.list", { limit: pageRows, ...filter }, { resend: true });
    },
    [search, onlyFailed],
  );
  useEffect(() => {
    if (connected) read().then(setFound, notifyError);
  }, [connected, read]);
  const older = async () => {
    if (!found?.next) return;
    const next = await read(found.next);
    setFound({ rows: [...found.rows, ...next.rows], next: next.next });
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setSearch(typed.trim());
  };
  return (
    <Part title="Calls" about="One row each, refused ones too. Their words are kept only where Limits says so.">
      <form onSubmit={submit} className="mb-3 flex flex-wrap items-center gap-2">
        <input
          type="search"
          aria-label="Search the calls"
          placeholder="A model, an error, metadata"
          className="field min-w-40 flex-1"
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
        />
        <Button type="submit">Search</Button>
        <label className="flex items-center gap-2 text-sm">
          <input type="checkbox" checked={onlyFailed} onChange={(event) => setOnlyFailed(event.target.checked)} />
          failures only
        </label>
      </form>
      {found?.rows.length === 0 && <Nothing>{search || onlyFailed ? "No such call." : "No call yet."}</Nothing>}
      {found && found.rows.length > 0 && (
        <ol aria-label="Calls" className="divide-y divide-line overflow-hidden rounded-2xl border border-line bg-raised text-sm">
          {found.rows.map((row) => (
            <li key={row.id}>
              <button
                type="button"
                className="w-full px-4 py-2 text-left hover:bg-hover"
                onClick={() => go({ page: "admin", id: "gateway", rest: `calls/${row.id}` })}
              >
                <span className="flex flex-wrap items-baseline justify-between gap-x-3">
                  <span className="[overflow-wrap:anywhere]">
                    <span className="font-medium">
                      {row.provider}/{row.model}
                    </span>
                    {row.error && <span className="ml-2 text-rose">{row.error}</span>}
                  </span>
                  <time className="text-xs text-soft" dateTime={new Date(row.at).toISOString()}>
                    {dateTimeText(row.at)}
                  </time>
                </span>
                <span className="block text-soft tabular-nums">{lineOf(row)}</span>
              </button>
            </li>
          ))}
        </ol>
      )}
      {found?.next && (
        <Button className="mt-3" onClick={() => void older().catch(notifyError)}>
          Older
        </Button>
      )}
    </Part>
  );
}

function lineOf(row: GatewayLogRow): string {
  return [
    row.channel,
    `${tokensText(row.inputTokens)} in`,
    `${tokensText(row.outputTokens)} out`,
    row.costUsd === null ? "price unknown" : costText(row.costUsd),
    row.estimated && "estimated",
    row.cache === "HIT" && "from cache",
    row.attempts.length > 1 && `${row.attempts.length} attempts`,
    row.durationMs > 0 && durationText(row.durationMs),
    row.prefixBreak && "broke the cached prefix",
  ]
    .filter(Boolean)
    .join(" · ");
}
