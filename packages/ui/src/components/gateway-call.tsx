/** One call, whole: its figures, its exchanges, its words where they are kept; what you think of it, and making it again. */

import type { GatewayLogRow } from "@moltworker/protocol/gateway";
import { useCallback, useState } from "react";
import { costText, dateTimeText, durationText } from "../store/format.ts";
import { request } from "../store/gateway.ts";
import { notify, notifyError } from "../store/notices.ts";
import { go, hashOf } from "../store/route.ts";
import { Button } from "./button.tsx";
import { CodeBlock } from "./code-block.tsx";
import { useLoaded } from "./use-loaded.ts";

export function GatewayCall({ id }: { id: string }) {
  const load = useCallback(() => request("gateway.logs.get", { id }, { resend: true }), [id]);
  const [found, reload] = useLoaded(load);
  const [replaying, setReplaying] = useState(false);
  if (!found) return null;
  const { row } = found;
  const judge = (feedback: -1 | 1) =>
    request("gateway.logs.feedback", { id, feedback: row.feedback === feedback ? null : feedback }).then(reload, notifyError);
  const replay = () => {
    setReplaying(true);
    request("gateway.logs.replay", { id })
      .then(({ row: made }) => {
        notify("Called again.");
        go({ page: "admin", id: "gateway", rest: `calls/${made.id}` });
      }, notifyError)
      .finally(() => setReplaying(false));
  };
  return (
    <article className="flex flex-col gap-5" data-call={id}>
      <header>
        <a
          href={hashOf({ page: "admin", id: "gateway", rest: "calls" })}
          className="text-sm text-coral underline underline-offset-2"
        >
          All calls
        </a>
        <h2 className="mt-1 font-semibold [overflow-wrap:anywhere]">
          {row.provider}/{row.model}
        </h2>
        {row.error && (
          <p className="text-sm text-rose">
            {row.error}: {row.errorMessage}
          </p>
        )}
      </header>
      <div className="flex flex-wrap gap-2">
        <Button aria-pressed={row.feedback === 1} look={row.feedback === 1 ? "primary" : "plain"} onClick={() => void judge(1)}>
          Good answer
        </Button>
        <Button
          aria-pressed={row.feedback === -1}
          look={row.feedback === -1 ? "primary" : "plain"}
          onClick={() => void judge(-1)}
        >
          Bad answer
        </Button>
        <Button
          disabled={replaying || !row.hasBodies}
          title={row.hasBodies ? undefined : "Its request was not kept"}
          onClick={replay}
        >
          {replaying ? "Calling…" : "Call again"}
        </Button>
      </div>
      <Facts row={row} />
      <Attempts row={row} />
      {found.request !== null && <Body label="Request" text={found.request} />}
      {found.response !== null && <Body label="Answer" text={found.response} />}
      {!row.hasBodies && <p className="text-sm text-soft">Its words were not kept. Limits says what is.</p>}
    </article>
  );
}

function Facts({ row }: { row: GatewayLogRow }) {
  const facts: [string, string | null | false][] = [
    ["When", dateTimeText(row.at)],
    ["Who", [row.tenant, row.tokenId, row.channel, row.sessionKey].filter(Boolean).join(" · ")],
    ["Status", String(row.status)],
    ["Cost", row.costUsd === null ? "price unknown" : `${costText(row.costUsd)}${row.estimated ? ", estimated" : ""}`],
    ["Held before", row.reservedUsd > 0 && costText(row.reservedUsd)],
    [
      "Tokens in",
      `${row.inputTokens.toLocaleString()}${row.cacheRead ? `, ${row.cacheRead.toLocaleString()} read from the cache` : ""}${row.cacheWrite ? `, ${row.cacheWrite.toLocaleString()} written to it` : ""}`,
    ],
    [
      "Tokens out",
      `${row.outputTokens.toLocaleString()}${row.reasoningTokens ? `, ${row.reasoningTokens.toLocaleString()} of them reasoning` : ""}`,
    ],
    [
      "Took",
      `${durationText(row.durationMs)}${row.firstByteMs === null ? "" : `, first byte after ${durationText(row.firstByteMs)}`}`,
    ],
    ["Cache", row.cache],
    [
      "Prefix",
      row.prefixBreak &&
        `broke at byte ${row.prefixBreak.atByte.toLocaleString()}, which cost about ${costText(row.prefixBreak.costUsd)}`,
    ],
    ["Metadata", Object.keys(row.metadata).length > 0 && JSON.stringify(row.metadata)],
    ["Program", row.userAgent],
    ["Repeats", row.replayOf],
    ["Id", row.id],
  ];
  return (
    <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 rounded-2xl border border-line bg-raised px-4 py-3 text-sm">
      {facts.map(
        ([name, value]) =>
          value && (
            <div key={name} className="contents">
              <dt className="text-soft">{name}</dt>
              <dd className="[overflow-wrap:anywhere]">{value}</dd>
            </div>
          ),
      )}
    </dl>
  );
}

function Attempts({ row }: { row: GatewayLogRow }) {
  if (row.attempts.length < 2) return null;
  return (
    <section aria-label="Attempts">
      <h3 className="mb-1 text-sm font-medium">Attempts</h3>
      <ol className="divide-y divide-line rounded-2xl border border-line bg-raised text-sm">
        {row.attempts.map((attempt) => (
          <li
            key={`${attempt.startedAt} ${attempt.provider} ${attempt.keyAlias}`}
            className="flex flex-wrap justify-between gap-x-3 px-4 py-2"
          >
            <span className="[overflow-wrap:anywhere]">
              {attempt.provider}/{attempt.model}
              {attempt.error && <span className="ml-2 text-rose">{attempt.error}</span>}
            </span>
            <span className="text-soft tabular-nums">
              {attempt.status || "no answer"} · {durationText(attempt.durationMs)}
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}

function Body({ label, text }: { label: string; text: string }) {
  return (
    <details open={text.length < 4_000}>
      <summary className="cursor-pointer text-sm font-medium">
        {label}, {text.length.toLocaleString()} characters
      </summary>
      <CodeBlock code={pretty(text)} language="json" label={label.toLowerCase()} wrap />
    </details>
  );
}

function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
