/** The containers: how each stands, step by step while it starts; what runs against what is wanted; and why one failed. */

import type { ContainerInfo, ContainerStage, ContainerStateName, ContainersReport } from "@moltworker/protocol/containers";
import { type MoltError, moltErrorFrom } from "@moltworker/protocol/errors";
import { useCallback, useEffect, useState } from "react";
import { Button } from "../components/button.tsx";
import { ConfirmDialog } from "../components/confirm-dialog.tsx";
import { CopyButton } from "../components/copy-button.tsx";
import { useApp } from "../store/app.ts";
import { dateTimeText } from "../store/format.ts";
import { request } from "../store/gateway.ts";
import { notify, notifyError, sentence } from "../store/notices.ts";
import { ContainerCredentials } from "./container-credentials.tsx";

const movingMs = 700;
const restingMs = 5_000;
/** A start waits for its container, and a drain before it. */
const actionMs = 90_000;

const looks: Record<ContainerStateName, { word: string; tone: string }> = {
  absent: { word: "Not started", tone: "bg-sunk text-soft" },
  starting: { word: "Starting", tone: "bg-honey-wash text-honey" },
  ready: { word: "Running", tone: "bg-kelp-wash text-kelp" },
  draining: { word: "Stopping", tone: "bg-honey-wash text-honey" },
  stopped: { word: "Asleep", tone: "bg-sunk text-soft" },
  failed: { word: "Failed", tone: "bg-rose-wash text-rose" },
};

const stages: Record<ContainerStage, string> = {
  fencing: "Ending what was there",
  creating: "Making the container",
  waiting: "Waiting for its answer",
  restoring: "Bringing its home back",
  configuring: "Checking its settings",
  gateway: "Starting OpenClaw",
};

export function ContainersPage() {
  const connected = useApp((state) => state.connection.phase === "connected");
  const [report, setReport] = useState<ContainersReport | null>(null);
  const [error, setError] = useState<MoltError | null>(null);
  const load = useCallback(
    () =>
      request("containers.list", {}, { resend: true }).then(
        (found) => {
          setReport(found);
          setError(null);
        },
        (cause) => setError(moltErrorFrom(cause)),
      ),
    [],
  );
  const moving = report?.containers.some(({ state }) => state === "starting" || state === "draining") ?? false;
  useEffect(() => {
    if (!connected) return;
    void load();
    const timer = setInterval(() => void load(), moving ? movingMs : restingMs);
    return () => clearInterval(timer);
  }, [connected, load, moving]);
  return (
    <section aria-busy={!report}>
      <p className="mb-4 max-w-prose text-sm text-soft">
        A real Linux for tools: it starts when a command needs it, works on a copy of the assistant's files, and sleeps when it is
        not used. No key or password is ever in it.
      </p>
      {error && (
        <p role="alert" className="mb-4 rounded-xl bg-rose-wash px-4 py-3 text-sm">
          <span className="font-medium text-rose">{sentence(error.message)}.</span> {error.hint}
        </p>
      )}
      {report && !report.available && <Missing report={report} />}
      <ul className="flex flex-col gap-3">
        {report?.containers.map((container) => (
          <ContainerCard key={container.id} container={container} available={report.available} onDone={load} />
        ))}
      </ul>
      {report?.available && (
        <p className="mt-4 text-sm text-soft">
          {report.engine === "docker" ? `Docker Engine ${report.engineVersion ?? ""}` : "Cloudflare Containers"}
        </p>
      )}
      {report?.available && <ContainerCredentials credentials={report.credentials} onDone={load} />}
    </section>
  );
}

/** Everything else works without; this says what is missing and how it is had. */
function Missing({ report }: { report: ContainersReport }) {
  const command = /`([^`]+)`/.exec(report.cure ?? "")?.[1];
  return (
    <div className="mb-4 rounded-2xl border border-line bg-honey-wash px-4 py-3 text-sm" role="status">
      <p className="font-medium text-honey">{sentence(report.cause ?? "Containers cannot be had here")}.</p>
      <p className="mt-1">{report.cure?.replaceAll("`", "")}</p>
      {command && (
        <span className="mt-2 inline-flex max-w-full items-center gap-1 rounded-[0.625rem] bg-sunk pl-3">
          <code className="min-w-0 font-mono text-xs [overflow-wrap:anywhere]">{command}</code>
          <CopyButton text={command} label="Copy the command" />
        </span>
      )}
      <p className="mt-2 text-soft">Everything that needs no Linux of its own works all the same.</p>
    </div>
  );
}

type Verb = "restart" | "stop" | "delete";

function ContainerCard({
  container,
  available,
  onDone,
}: {
  container: ContainerInfo;
  available: boolean;
  onDone(): Promise<void>;
}) {
  const { id, state, stage, reason } = container;
  const [busy, setBusy] = useState(false);
  const [asking, setAsking] = useState(false);
  const { word, tone } = looks[state];
  const act = async (verb: Verb) => {
    setBusy(true);
    setTimeout(() => void onDone(), 150);
    try {
      await request(`containers.${verb}`, { id }, { timeoutMs: actionMs });
      notify(verb === "restart" ? "It runs." : verb === "stop" ? "It sleeps." : "It is gone.");
    } catch (cause) {
      notifyError(cause);
    } finally {
      setBusy(false);
      await onDone();
    }
  };
  const runs = state === "ready" || state === "draining" || state === "starting";
  return (
    <li className="rounded-2xl border border-line bg-raised px-4 py-3" data-container={id} data-state={state}>
      <div className="flex items-center gap-3">
        <h3 className="font-medium">{container.title}</h3>
        <span aria-live="polite" className={`ml-auto shrink-0 rounded-full px-2.5 py-0.5 text-xs font-medium ${tone}`}>
          {word}
        </span>
      </div>
      {state === "starting" && <Stages now={stage} hosted={id === "moltbot"} />}
      {reason && (state === "failed" || state === "stopped") && (
        <div role={state === "failed" ? "alert" : undefined} className="mt-2 text-sm">
          <p className="[overflow-wrap:anywhere]">{sentence(reason.cause)}.</p>
          <p className="text-soft">{reason.cure.replaceAll("`", "")}</p>
        </div>
      )}
      <Facts container={container} />
      <div className="mt-3 flex flex-wrap gap-2">
        <Button look={runs ? "plain" : "primary"} disabled={busy || !available} onClick={() => void act("restart")}>
          {runs ? "Restart" : "Start"}
        </Button>
        <Button disabled={busy || !runs} onClick={() => void act("stop")}>
          Stop
        </Button>
        <Button look="danger" disabled={busy || state === "absent"} onClick={() => setAsking(true)}>
          Delete
        </Button>
      </div>
      <Lines id={id} generation={container.generation} />
      <ConfirmDialog
        open={asking}
        title={`Delete ${container.title}?`}
        text="What runs in it ends at once. The assistant's files stay as they were last saved."
        action="Delete"
        onClose={() => setAsking(false)}
        onConfirm={() => void act("delete")}
      />
    </li>
  );
}

function Stages({ now, hosted }: { now: ContainerStage | null; hosted: boolean }) {
  const order = (Object.keys(stages) as ContainerStage[]).slice(0, hosted ? undefined : 3);
  const at = now ? order.indexOf(now) : 0;
  return (
    <ol className="mt-2 flex flex-wrap gap-x-4 gap-y-1 text-sm">
      {order.map((stage, index) => (
        <li key={stage} aria-current={index === at ? "step" : undefined} className={index === at ? "font-medium" : "text-soft"}>
          {index < at ? "✓ " : `${index + 1}. `}
          {stages[stage]}
        </li>
      ))}
    </ol>
  );
}

function Facts({ container }: { container: ContainerInfo }) {
  const { generation, since, runningImage, wantedImage, waiting, jobs, limits, allow } = container;
  const outdated = runningImage !== null && runningImage !== wantedImage;
  const rows: [string, string][] = [
    ["Generation", generation === 0 ? "none yet" : `${generation}, since ${dateTimeText(since)}`],
    ["Image", versionOf(wantedImage)],
    ...(outdated ? ([["Runs", versionOf(runningImage)]] as [string, string][]) : []),
    ["Commands now", String(jobs)],
    [
      "At most",
      `${limits.memoryMiB} MiB memory, ${limits.cpus} cores, ${limits.processes} processes, ${limits.diskMiB} MiB of files`,
    ],
    ["May reach", allow.length === 0 ? "nothing outside" : allow.includes("*") ? "every public address" : allow.join(", ")],
  ];
  return (
    <>
      {waiting && <p className="mt-2 text-sm text-honey">{sentence(waiting)}.</p>}
      <dl className="mt-2 grid grid-cols-[max-content_1fr] gap-x-4 gap-y-0.5 text-sm">
        {rows.map(([name, value]) => (
          <div key={name} className="contents">
            <dt className="text-soft">{name}</dt>
            <dd className="min-w-0 [overflow-wrap:anywhere]">{value}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}

/** The tag alone: it is the hash of the image's content. */
const versionOf = (image: string | null) => image?.split(/[:@]/).at(-1)?.slice(0, 16) ?? "none";

function Lines({ id, generation }: { id: string; generation: number }) {
  const [lines, setLines] = useState<string[] | null>(null);
  const [open, setOpen] = useState(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another generation wrote other lines
  useEffect(() => {
    if (open) request("containers.logs", { id }, { resend: true }).then((answer) => setLines(answer.lines), notifyError);
  }, [open, id, generation]);
  return (
    <details className="mt-2 text-sm text-soft" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary className="w-fit underline underline-offset-2">Its last lines</summary>
      <pre className="code mt-2 max-h-64 overflow-auto rounded-xl bg-sunk p-3 text-xs">
        {lines === null ? "…" : lines.join("\n") || "It wrote nothing."}
      </pre>
    </details>
  );
}
