/** What was used: figures of a span, a chart of one of them, and who or what used it, dearest first. */

import type { GatewayUsage as Usage, UsageKind, UsageSums } from "@moltworker/protocol/gateway";
import { useCallback, useState } from "react";
import { costText, durationText, tokensText } from "../store/format.ts";
import { request } from "../store/gateway.ts";
import { Nothing } from "./access-part.tsx";
import { BarChart } from "./bar-chart.tsx";
import { useLoaded } from "./use-loaded.ts";

const spans = [
  { name: "24 hours", hours: 24 },
  { name: "7 days", hours: 168 },
  { name: "30 days", hours: 720 },
  { name: "90 days", hours: 2_160 },
];
const kinds: { kind: UsageKind; name: string }[] = [
  { kind: "provider", name: "Provider" },
  { kind: "model", name: "Model" },
  { kind: "session", name: "Conversation" },
  { kind: "channel", name: "Channel" },
  { kind: "token", name: "Token" },
  { kind: "schedule", name: "Schedule" },
];

interface Metric {
  id: string;
  name: string;
  of(sums: UsageSums): number;
  part?(sums: UsageSums): number;
  text(value: number): string;
}

const whole = (value: number) => String(Math.round(value));
const metrics: Metric[] = [
  { id: "cost", name: "Cost", of: (sums) => sums.costUsd, text: costText },
  { id: "tokens", name: "Tokens", of: (sums) => sums.input + sums.output, part: (sums) => sums.cacheRead, text: tokensText },
  { id: "calls", name: "Calls", of: (sums) => sums.calls, text: whole },
  { id: "errors", name: "Failures", of: (sums) => sums.errors, text: whole },
  { id: "hits", name: "Cache hits", of: (sums) => sums.hits, text: whole },
  { id: "latency", name: "Latency (median)", of: (sums) => sums.p50Ms ?? 0, text: durationText },
];

export function GatewayUsage() {
  const [hours, setHours] = useState(24);
  const [kind, setKind] = useState<UsageKind>("model");
  const [metric, setMetric] = useState(0);
  const [key, setKey] = useState<string | null>(null);
  const load = useCallback(
    () => request("gateway.usage", { hours, kind, ...(key === null ? {} : { key }) }, { resend: true }),
    [hours, kind, key],
  );
  const [usage] = useLoaded(load);
  const chosen = metrics[metric] ?? (metrics[0] as Metric);
  const keyLabel = usage?.top.find((group) => group.key === key)?.label ?? key;
  return (
    <div className="flex flex-col gap-5">
      <div className="flex flex-wrap items-end justify-between gap-3">
        <Picks
          label="Span"
          options={spans.map((span) => span.name)}
          value={spans.findIndex((span) => span.hours === hours)}
          onChange={(at) => setHours(spans[at]?.hours ?? 24)}
        />
        {key !== null && (
          <button type="button" className="rounded-full bg-tint px-3 py-1 text-sm" onClick={() => setKey(null)}>
            only {keyLabel} <span aria-hidden="true">×</span>
            <span className="sr-only">: show all again</span>
          </button>
        )}
      </div>
      {usage && <Tiles sums={usage.totals} />}
      {usage && (
        <div className="flex flex-col gap-2">
          <BarChart
            label={chosen.name}
            bars={usage.points.map((point) => ({ at: point.at, value: chosen.of(point), part: chosen.part?.(point) ?? 0 }))}
            stepMs={usage.stepMs}
            text={chosen.text}
          />
          <Picks label="Figure" options={metrics.map((one) => one.name)} value={metric} onChange={setMetric} />
        </div>
      )}
      <section aria-label="By what" className="flex flex-col gap-2">
        <Picks
          label="By"
          options={kinds.map((one) => one.name)}
          value={kinds.findIndex((one) => one.kind === kind)}
          onChange={(at) => {
            setKind(kinds[at]?.kind ?? "model");
            setKey(null);
          }}
        />
        {usage && <Groups usage={usage} chosen={key} onChoose={setKey} />}
      </section>
    </div>
  );
}

function Picks({
  label,
  options,
  value,
  onChange,
}: {
  label: string;
  options: string[];
  value: number;
  onChange(at: number): void;
}) {
  return (
    <fieldset className="flex flex-wrap gap-1">
      <legend className="sr-only">{label}</legend>
      {options.map((option, at) => (
        <button
          key={option}
          type="button"
          aria-pressed={at === value}
          className={`min-h-8 rounded-full border px-3 text-sm ${at === value ? "border-coral bg-blush font-medium" : "border-line bg-raised text-soft hover:text-ink"}`}
          onClick={() => onChange(at)}
        >
          {option}
        </button>
      ))}
    </fieldset>
  );
}

function Tiles({ sums }: { sums: UsageSums }) {
  const cached = sums.input === 0 ? 0 : Math.round((sums.cacheRead / sums.input) * 100);
  const notes = [
    sums.unpriced > 0 && `${sums.unpriced} ${sums.unpriced === 1 ? "call has" : "calls have"} no known price`,
    sums.estimated > 0 && `${sums.estimated} by estimate`,
  ].filter(Boolean);
  const tiles = [
    { name: "Cost", value: costText(sums.costUsd), note: notes.join(", ") || "known prices" },
    {
      name: "Calls",
      value: String(sums.calls),
      note: sums.errors > 0 ? `${sums.errors} failed` : "none failed",
      bad: sums.errors > 0,
    },
    { name: "Tokens", value: tokensText(sums.input + sums.output), note: `${cached} % of the prompts from the provider's cache` },
    {
      name: "Latency",
      value: sums.p50Ms === null ? "–" : durationText(sums.p50Ms),
      note: sums.p95Ms === null ? "no call yet" : `19 of 20 within ${durationText(sums.p95Ms)}`,
    },
    {
      name: "Cache hits",
      value: String(sums.hits),
      note: sums.calls === 0 ? "no call yet" : `${Math.round((sums.hits / sums.calls) * 100)} % of the calls`,
    },
  ];
  return (
    <dl className="grid grid-cols-2 gap-2 sm:grid-cols-3 lg:grid-cols-5">
      {tiles.map((tile) => (
        <div key={tile.name} className="rounded-2xl border border-line bg-raised px-4 py-3">
          <dt className="text-sm text-soft">{tile.name}</dt>
          <dd className="text-xl font-semibold tabular-nums">{tile.value}</dd>
          <dd className={`text-xs ${tile.bad ? "text-rose" : "text-soft"}`}>{tile.note}</dd>
        </div>
      ))}
    </dl>
  );
}

function Groups({ usage, chosen, onChoose }: { usage: Usage; chosen: string | null; onChoose(key: string | null): void }) {
  if (usage.top.length === 0) return <Nothing>No call in this span.</Nothing>;
  const most = Math.max(...usage.top.map((group) => group.costUsd || 0));
  return (
    <ul aria-label="Dearest first" className="divide-y divide-line overflow-hidden rounded-2xl border border-line bg-raised">
      {usage.top.map((group) => (
        <li key={group.key}>
          <button
            type="button"
            aria-pressed={group.key === chosen}
            className={`w-full px-4 py-2.5 text-left text-sm hover:bg-hover ${group.key === chosen ? "bg-tint" : ""}`}
            onClick={() => onChoose(group.key === chosen ? null : group.key)}
          >
            <span className="flex flex-wrap items-baseline justify-between gap-x-3">
              <span className="font-medium [overflow-wrap:anywhere]">{group.label || "–"}</span>
              <span className="tabular-nums">{costText(group.costUsd)}</span>
            </span>
            <span className="mt-1 block h-1 rounded-full bg-sunk" aria-hidden="true">
              <span
                className="block h-1 rounded-full bg-coral"
                style={{ width: `${most === 0 ? 0 : (group.costUsd / most) * 100}%` }}
              />
            </span>
            <span className="mt-1 block text-soft">
              {[
                `${group.calls} ${group.calls === 1 ? "call" : "calls"}`,
                group.errors > 0 && `${group.errors} failed`,
                `${tokensText(group.input)} in`,
                `${tokensText(group.output)} out`,
                group.cacheRead > 0 && `${tokensText(group.cacheRead)} from cache`,
                group.p50Ms !== null && durationText(group.p50Ms),
              ]
                .filter(Boolean)
                .join(" · ")}
            </span>
          </button>
        </li>
      ))}
    </ul>
  );
}
