/** Coming from another installation, and leaving with everything: a report before an import, an archive for an export. */

import { type MoltError, moltErrorFrom } from "@moltworker/protocol/errors";
import type { ImportLine, ImportReport, ImportVerdict } from "@moltworker/protocol/import";
import { useRef, useState } from "react";
import { Part } from "../components/access-part.tsx";
import { Button } from "../components/button.tsx";
import { useLoaded } from "../components/use-loaded.ts";
import { applyImport, oldBucket, stageArchive, stageBucket } from "../store/moving.ts";
import { sentence } from "../store/notices.ts";

type Step = "resting" | "reading" | "importing";

export function MovingPage() {
  return (
    <div className="flex flex-col gap-9">
      <ImportPart />
      <Part
        title="Export"
        about="Everything in open formats: conversations as JSON Lines and Markdown, the workspace as a git repository, settings, audit. Keys and tokens are not in it."
      >
        <a
          href="/api/export"
          download
          className="inline-flex min-h-9 items-center rounded-[0.625rem] border border-line bg-raised px-3.5 py-1.5 text-sm hover:border-edge hover:bg-hover"
        >
          Download everything
        </a>
      </Part>
    </div>
  );
}

function ImportPart() {
  const picker = useRef<HTMLInputElement>(null);
  const [step, setStep] = useState<Step>("resting");
  const [report, setReport] = useState<ImportReport | null>(null);
  const [error, setError] = useState<MoltError | null>(null);
  const [bucket] = useLoaded(oldBucket, "once");
  const during = async (next: Step, work: () => Promise<ImportReport>) => {
    setStep(next);
    setError(null);
    try {
      setReport(await work());
    } catch (cause) {
      setError(moltErrorFrom(cause));
    } finally {
      setStep("resting");
    }
  };
  const choose = (file: File | undefined) => file && void during("reading", () => stageArchive(file));
  return (
    <Part
      title="Import"
      about="A home of OpenClaw, Moltbot or Clawdbot, or a copy of a moltworker bucket, as a .tar or .tar.gz. First comes a report; nothing changes before you agree to it."
    >
      <input
        ref={picker}
        type="file"
        accept=".tar,.gz,.tgz,application/x-tar,application/gzip"
        aria-label="Archive to import"
        className="sr-only"
        tabIndex={-1}
        onChange={(event) => {
          choose(event.target.files?.[0]);
          event.target.value = "";
        }}
      />
      <div className="flex flex-wrap items-center gap-2">
        <Button look={report ? "plain" : "primary"} disabled={step !== "resting"} onClick={() => picker.current?.click()}>
          {step === "reading" ? "Reading…" : "Choose an archive"}
        </Button>
        {bucket && (
          <Button disabled={step !== "resting"} onClick={() => void during("reading", stageBucket)}>
            Read the old bucket
          </Button>
        )}
        {report && !report.applied && (
          <Button
            look="primary"
            disabled={step !== "resting"}
            onClick={() => void during("importing", () => applyImport(report.hash))}
          >
            {step === "importing" ? "Importing…" : "Import this"}
          </Button>
        )}
      </div>
      {error && (
        <p role="alert" className="mt-4 rounded-xl bg-rose-wash px-4 py-3 text-sm">
          <span className="font-medium text-rose">{sentence(error.message)}.</span> {error.hint}
        </p>
      )}
      {report && <Report report={report} />}
      {!report && <FromTerminal />}
    </Part>
  );
}

function FromTerminal() {
  return (
    <p className="mt-4 max-w-prose text-sm text-soft">
      In a terminal the folder itself is enough: <code className="font-mono">npx moltworker import ~/.openclaw</code>, or the
      bucket: <code className="font-mono">npx moltworker import s3://moltbot-data</code>
    </p>
  );
}

const looks: Record<ImportVerdict, { word: string; tone: string; rank: number }> = {
  failed: { word: "Failed", tone: "bg-rose-wash text-rose", rank: 0 },
  changed: { word: "Changed", tone: "bg-honey-wash text-honey", rank: 1 },
  dropped: { word: "Not taken", tone: "bg-sunk text-soft", rank: 2 },
  aside: { word: "Kept aside", tone: "bg-sunk text-soft", rank: 3 },
  taken: { word: "Taken", tone: "bg-kelp-wash text-kelp", rank: 4 },
  same: { word: "Here already", tone: "bg-sunk text-soft", rank: 5 },
};

/** As many lines as a page bears; the rest are counted. */
const shownLines = 300;

function Report({ report }: { report: ImportReport }) {
  const lines = report.lines.toSorted((a, b) => looks[a.verdict].rank - looks[b.verdict].rank);
  const megabytes = (report.bytes / 1_000_000).toFixed(1);
  return (
    <div className="mt-5">
      <p role="status" className="mb-3 text-sm">
        <span className="font-medium">{report.applied ? "Imported." : `${sentence(report.layout)}.`}</span>{" "}
        <span className="text-soft">
          {report.name}: {report.files} files, {megabytes} MB; {countsText(report.lines)}
        </span>
      </p>
      <ul aria-label="Report" className="divide-y divide-line overflow-hidden rounded-2xl border border-line bg-raised text-sm">
        {lines.slice(0, shownLines).map((line) => (
          <Line key={`${line.kind} ${line.name} ${line.verdict}`} line={line} />
        ))}
      </ul>
      {lines.length > shownLines && <p className="mt-2 text-sm text-soft">and {lines.length - shownLines} more</p>}
      {report.leftOut.map((left) => (
        <p key={left.why} className="mt-2 text-sm text-soft [overflow-wrap:anywhere]">
          Left out: {left.count} × {left.why} (such as {left.example})
        </p>
      ))}
    </div>
  );
}

function Line({ line }: { line: ImportLine }) {
  const { word, tone } = looks[line.verdict];
  return (
    <li className="flex flex-wrap items-baseline gap-x-3 gap-y-1 px-4 py-2.5">
      <span className={`rounded-full px-2 text-xs font-medium ${tone}`}>{word}</span>
      <span className="text-soft">{line.kind}</span>
      <span className="min-w-0 [overflow-wrap:anywhere]">{line.name}</span>
      {line.why && <span className="basis-full text-soft [overflow-wrap:anywhere]">{sentence(line.why)}</span>}
    </li>
  );
}

function countsText(lines: readonly ImportLine[]): string {
  const counts = new Map<ImportVerdict, number>();
  for (const { verdict } of lines) counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
  return [...counts]
    .toSorted(([a], [b]) => looks[a].rank - looks[b].rank)
    .map(([verdict, count]) => `${count} ${looks[verdict].word.toLowerCase()}`)
    .join(", ");
}
