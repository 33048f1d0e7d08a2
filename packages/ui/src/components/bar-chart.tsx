/** A bar for each step of time: drawn by hand, since a library of charts would outweigh the page. Its figures are a table to a screen reader. */

import { useState } from "react";

export interface Bar {
  /** Epoch milliseconds. */
  at: number;
  value: number;
  /** The lower part, in another tone. */
  part?: number;
}

interface BarChartProps {
  label: string;
  bars: readonly Bar[];
  /** Milliseconds a bar covers. */
  stepMs: number;
  text(value: number): string;
}

const height = 120;

export function BarChart({ label, bars, stepMs, text }: BarChartProps) {
  const [pointed, setPointed] = useState<number | null>(null);
  const most = Math.max(...bars.map((bar) => bar.value), 0);
  const shown = pointed === null ? undefined : bars[pointed];
  return (
    <figure className="relative rounded-2xl border border-line bg-raised p-4">
      <figcaption className="mb-2 flex flex-wrap items-baseline justify-between gap-x-4 text-sm">
        <span className="font-medium">{label}</span>
        <span className="text-soft tabular-nums" aria-hidden="true">
          {shown ? `${whenText(shown.at, stepMs)}: ${text(shown.value)}` : most > 0 && `most: ${text(most)}`}
        </span>
      </figcaption>
      {most === 0 && <p className="absolute inset-x-0 top-1/2 -translate-y-1/2 text-center text-sm text-soft">Nothing yet.</p>}
      <svg
        viewBox={`0 0 ${bars.length * 10} ${height}`}
        preserveAspectRatio="none"
        className="block h-32 w-full"
        aria-hidden="true"
        onPointerLeave={() => setPointed(null)}
      >
        <line
          x1="0"
          x2={bars.length * 10}
          y1={height - 0.5}
          y2={height - 0.5}
          className="stroke-line"
          vectorEffect="non-scaling-stroke"
        />
        {bars.map((bar, index) => {
          const whole = most === 0 ? 0 : (bar.value / most) * (height - 6);
          const part = bar.value === 0 ? 0 : whole * ((bar.part ?? 0) / bar.value);
          return (
            <g key={bar.at} onPointerEnter={() => setPointed(index)}>
              <rect
                x={index * 10}
                y="0"
                width="10"
                height={height}
                className={pointed === index ? "fill-hover" : "fill-transparent"}
              />
              <rect x={index * 10 + 1.5} y={height - whole} width="7" height={whole} className="fill-coral" />
              <rect x={index * 10 + 1.5} y={height - part} width="7" height={part} className="fill-kelp" />
            </g>
          );
        })}
      </svg>
      <div className="mt-1 flex justify-between text-xs text-soft" aria-hidden="true">
        <span>{bars[0] && whenText(bars[0].at, stepMs)}</span>
        <span>now</span>
      </div>
      {/* A table takes the height of its rows whatever it is told: what hides it is around it. */}
      <div className="sr-only">
        <table>
          <caption>{label}</caption>
          <tbody>
            {bars
              .filter((bar) => bar.value > 0)
              .map((bar) => (
                <tr key={bar.at}>
                  <th scope="row">{whenText(bar.at, stepMs)}</th>
                  <td>{text(bar.value)}</td>
                </tr>
              ))}
          </tbody>
        </table>
      </div>
    </figure>
  );
}

function whenText(at: number, stepMs: number): string {
  const day: Intl.DateTimeFormatOptions = { day: "numeric", month: "short" };
  // A day of the books is a day in UTC.
  if (stepMs >= 86_400_000) return new Date(at).toLocaleDateString(undefined, { ...day, timeZone: "UTC" });
  return new Date(at).toLocaleString(undefined, { ...day, hour: "2-digit", minute: "2-digit" });
}
