/** What the doctor finds inside the assistant: each check with its verdict, its cause and its cure. */

import type { CheckResult, DoctorReport, Verdict } from "@moltworker/protocol/doctor";
import { type MoltError, moltErrorFrom } from "@moltworker/protocol/errors";
import { useCallback, useEffect, useState } from "react";
import { Button } from "../components/button.tsx";
import { CopyButton } from "../components/copy-button.tsx";
import { timeText } from "../store/format.ts";
import { request } from "../store/gateway.ts";
import { notify, notifyError, sentence } from "../store/notices.ts";

/** Real calls to every provider take their time. */
const probeLimitMs = 90_000;

const looks: Record<Verdict, { word: string; tone: string; rank: number }> = {
  fail: { word: "Failed", tone: "bg-rose-wash text-rose", rank: 0 },
  warn: { word: "Look at", tone: "bg-honey-wash text-honey", rank: 1 },
  ok: { word: "Fine", tone: "bg-kelp-wash text-kelp", rank: 2 },
  skipped: { word: "Not asked", tone: "bg-sunk text-soft", rank: 3 },
};

export function HealthPage() {
  const [report, setReport] = useState<DoctorReport | null>(null);
  const [error, setError] = useState<MoltError | null>(null);
  const [busy, setBusy] = useState(false);
  const run = useCallback(async (probe: boolean) => {
    setBusy(true);
    try {
      setReport(await request("doctor.run", { probe, now: Date.now() }, { resend: true, timeoutMs: probeLimitMs }));
      setError(null);
    } catch (cause) {
      setError(moltErrorFrom(cause));
    } finally {
      setBusy(false);
    }
  }, []);
  useEffect(() => void run(false), [run]);
  const replace = (check: CheckResult) =>
    setReport((now) => now && { ...now, checks: now.checks.map((known) => (known.id === check.id ? check : known)) });
  const checks = (report?.checks ?? []).toSorted((a, b) => looks[a.verdict].rank - looks[b.verdict].rank);
  return (
    <section aria-busy={busy}>
      <p role="status" className="mb-3 text-sm text-soft">
        {busy ? "Looking…" : summary(report)}
      </p>
      <div className="mb-5 flex flex-wrap gap-2">
        <Button look="primary" disabled={busy} onClick={() => void run(false)}>
          Run again
        </Button>
        <Button disabled={busy} onClick={() => void run(true)}>
          Ask the providers too
        </Button>
      </div>
      {error && (
        <p role="alert" className="mb-4 rounded-xl bg-rose-wash px-4 py-3 text-sm">
          <span className="font-medium text-rose">{sentence(error.message)}.</span> {error.hint}
        </p>
      )}
      <ul className="flex flex-col gap-2">
        {checks.map((check) => (
          <CheckRow key={check.id} check={check} onFixed={replace} />
        ))}
      </ul>
      <p className="mt-5 max-w-prose text-sm text-soft">
        What lies between a browser and the assistant (name, certificate, proxy, Access) is seen from a terminal:{" "}
        <code className="font-mono">npx moltworker doctor</code>
      </p>
    </section>
  );
}

function CheckRow({ check, onFixed }: { check: CheckResult; onFixed(check: CheckResult): void }) {
  const { word, tone } = looks[check.verdict];
  const [busy, setBusy] = useState(false);
  const fix = async () => {
    setBusy(true);
    try {
      const answer = await request("doctor.fix", { id: check.id });
      notify(`${sentence(answer.done)}.`);
      onFixed(answer.check);
    } catch (cause) {
      notifyError(cause);
    } finally {
      setBusy(false);
    }
  };
  return (
    <li className="rounded-2xl border border-line bg-raised px-4 py-3" data-check={check.id} data-verdict={check.verdict}>
      <div className="flex items-center gap-3">
        <h3 className="font-medium">{check.title}</h3>
        <span className={`ml-auto shrink-0 rounded-full px-2.5 py-0.5 text-xs font-medium ${tone}`}>{word}</span>
      </div>
      <p className="mt-0.5 text-sm text-soft [overflow-wrap:anywhere]">{sentence(check.cause)}.</p>
      {check.cure && (
        <div className="mt-2 flex flex-wrap items-center gap-x-3 gap-y-2 text-sm">
          <p className="min-w-0 flex-1 basis-56">{check.cure.text}</p>
          {check.fixable ? (
            <Button disabled={busy} onClick={() => void fix()}>
              Cure it
            </Button>
          ) : (
            <Elsewhere cure={check.cure} />
          )}
        </div>
      )}
    </li>
  );
}

/** The place in the page where it is cured, or the line for a terminal. */
function Elsewhere({ cure }: { cure: NonNullable<CheckResult["cure"]> }) {
  if (cure.open)
    return (
      <a
        href={cure.open}
        className="inline-flex min-h-9 items-center rounded-[0.625rem] border border-line px-3.5 hover:bg-hover"
      >
        Go there
      </a>
    );
  if (!cure.command) return null;
  return (
    <span className="inline-flex max-w-full items-center gap-1 rounded-[0.625rem] bg-sunk pl-3">
      <code className="min-w-0 font-mono text-xs [overflow-wrap:anywhere]">{cure.command}</code>
      <CopyButton text={cure.command} label="Copy the command" />
    </span>
  );
}

function summary(report: DoctorReport | null): string {
  if (!report) return "Not looked at yet.";
  const count = (verdict: Verdict) => report.checks.filter((check) => check.verdict === verdict).length;
  const [failed, warned] = [count("fail"), count("warn")];
  const at = `Looked at ${timeText(report.ts)}.`;
  if (failed === 0 && warned === 0) return `All is well. ${at}`;
  const parts = [failed > 0 ? `${failed} failed` : "", warned > 0 ? `${warned} to look at` : ""].filter(Boolean);
  return `${parts.join(", ")}. ${at}`;
}
