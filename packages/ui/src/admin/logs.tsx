/** What the assistant and its supervisor say, as they say it. Secrets were taken out before a line was kept. */

import type { LogRow } from "@moltworker/protocol/rows";
import { useDeferredValue, useEffect, useId, useRef, useState } from "react";
import { Button } from "../components/button.tsx";
import { useApp } from "../store/app.ts";
import { dateTimeText } from "../store/format.ts";
import { onGatewayEvent, request } from "../store/gateway.ts";
import { fieldsText, fits, type LogFilter, lineText, withRows } from "../store/logs.ts";
import { notify, notifyError } from "../store/notices.ts";

const pageRows = 200;
const tones: Record<LogRow["level"], string> = { debug: "text-faint", info: "text-soft", warn: "text-honey", error: "text-rose" };

export function LogsPage() {
  const [filter, setFilter] = useState<LogFilter>({ level: "debug", event: "", search: "" });
  const [paused, setPaused] = useState(false);
  const [follow, setFollow] = useState(true);
  const { rows, held, hasMore, older, release } = useLog(useDeferredValue(filter), paused);
  const end = useRef<HTMLDivElement>(null);
  const newest = rows?.at(-1)?.id;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new line is the reason to scroll
  useEffect(() => {
    if (follow && !paused) end.current?.scrollIntoView({ block: "end" });
  }, [newest, follow, paused]);
  const copy = () =>
    navigator.clipboard
      .writeText((rows ?? []).map(lineText).join("\n"))
      .then(() => notify(`${rows?.length ?? 0} lines were copied.`), notifyError);
  return (
    <section aria-label="Log" className="flex min-h-0 flex-col">
      <Filters filter={filter} onChange={setFilter} events={[...new Set((rows ?? []).map((row) => row.event))].sort()} />
      <div className="sticky top-0 z-10 -mx-2 flex flex-wrap items-center gap-2 bg-paper px-2 py-3">
        <Button
          aria-pressed={paused}
          onClick={() => {
            if (paused) release();
            setPaused(!paused);
          }}
        >
          {paused ? "Go on" : "Pause"}
        </Button>
        <Button aria-pressed={follow} onClick={() => setFollow(!follow)}>
          {follow ? "Following" : "Follow"}
        </Button>
        <Button disabled={!rows?.length} onClick={() => void copy()}>
          Copy
        </Button>
        <p role="status" className="text-sm text-soft">
          {rows === undefined
            ? "Reading the log…"
            : paused
              ? `Paused. ${held} new ${held === 1 ? "line" : "lines"}.`
              : `${rows.length} lines`}
        </p>
      </div>
      {hasMore && (
        <Button className="mb-3 self-start" onClick={() => void older().catch(notifyError)}>
          Older
        </Button>
      )}
      {rows?.length === 0 && (
        <p className="rounded-2xl border border-dashed border-line px-4 py-3 text-sm text-soft">
          No line fits. New ones appear by themselves.
        </p>
      )}
      {rows && rows.length > 0 && (
        <ol aria-label="Lines" className="overflow-hidden rounded-2xl border border-line bg-raised py-1.5 font-mono text-xs">
          {rows.map((row) => (
            <Line key={row.id} row={row} />
          ))}
        </ol>
      )}
      <div ref={end} className="h-4" />
    </section>
  );
}

function Filters({ filter, onChange, events }: { filter: LogFilter; onChange(filter: LogFilter): void; events: string[] }) {
  const id = useId();
  return (
    <div className="grid grid-cols-1 gap-x-3 gap-y-2 sm:grid-cols-[auto_1fr_1fr]">
      <label className="flex flex-col text-sm">
        Level
        <select
          className="field text-[0.9375rem]"
          value={filter.level}
          onChange={({ target }) => onChange({ ...filter, level: target.value as LogFilter["level"] })}
        >
          <option value="debug">all</option>
          <option value="warn">warnings and errors</option>
          <option value="error">errors</option>
        </select>
      </label>
      <label className="flex flex-col text-sm">
        Event begins with
        <input
          className="field text-[0.9375rem]"
          list={`${id}-events`}
          placeholder="auth."
          value={filter.event}
          onChange={({ target }) => onChange({ ...filter, event: target.value.trim() })}
        />
        <datalist id={`${id}-events`}>
          {events.map((event) => (
            <option key={event} value={event} />
          ))}
        </datalist>
      </label>
      <label className="flex flex-col text-sm">
        Words
        <input
          type="search"
          className="field text-[0.9375rem]"
          placeholder="A name, an address, a code"
          value={filter.search}
          onChange={({ target }) => onChange({ ...filter, search: target.value })}
        />
      </label>
    </div>
  );
}

function Line({ row }: { row: LogRow }) {
  const more = fieldsText(row);
  return (
    <li className="px-4 py-1 [overflow-wrap:anywhere] hover:bg-hover" data-event={row.event}>
      <time className="text-faint" dateTime={new Date(row.at).toISOString()} title={dateTimeText(row.at)}>
        {new Date(row.at).toLocaleTimeString("en-GB")}
      </time>{" "}
      <span className={`font-semibold ${tones[row.level]}`}>{row.level}</span> <span className="font-semibold">{row.event}</span>{" "}
      {row.message && <span>{row.message} </span>}
      {more && <span className="text-soft">{more}</span>}
    </li>
  );
}

interface Log {
  /** Undefined until it was read. */
  rows: LogRow[] | undefined;
  /** Lines that came while paused. */
  held: number;
  hasMore: boolean;
  older(): Promise<void>;
  release(): void;
}

function useLog(filter: LogFilter, paused: boolean): Log {
  const connected = useApp((state) => state.connection.phase === "connected");
  const [rows, setRows] = useState<LogRow[]>();
  const [waiting, setWaiting] = useState<LogRow[]>([]);
  const [hasMore, setHasMore] = useState(false);
  const { level, event, search } = filter;

  useEffect(() => {
    if (!connected) return;
    let late = false;
    request("logs.subscribe", { on: true }, { resend: true })
      .then(() => request("logs.list", { limit: pageRows, level, event, search }, { resend: true }))
      .then((page) => {
        if (late) return;
        setRows(page.rows);
        setWaiting([]);
        setHasMore(page.hasMore);
      }, notifyError);
    return () => {
      late = true;
    };
  }, [connected, level, event, search]);

  useEffect(() => () => void request("logs.subscribe", { on: false }).catch(() => undefined), []);

  useEffect(
    () =>
      onGatewayEvent("logs.line", (row) => {
        if (!fits(row, { level, event, search })) return;
        if (paused) setWaiting((held) => withRows(held, [row]));
        else setRows((now) => now && withRows(now, [row]));
      }),
    [level, event, search, paused],
  );

  return {
    rows,
    held: waiting.length,
    hasMore,
    async older() {
      const before = rows?.[0]?.id;
      if (before === undefined) return;
      const page = await request("logs.list", { limit: pageRows, before, level, event, search }, { resend: true });
      setRows((now) => withRows(now ?? [], page.rows));
      setHasMore(page.hasMore);
    },
    release() {
      setRows((now) => withRows(now ?? [], waiting));
      setWaiting([]);
    },
  };
}
