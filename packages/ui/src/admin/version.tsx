/** What runs, what should run, and one press from the one to the other. */

import type { BuildFacts } from "@moltworker/protocol/rows";
import { useEffect, useState } from "react";
import { Button } from "../components/button.tsx";
import { CopyButton } from "../components/copy-button.tsx";
import { useLoaded } from "../components/use-loaded.ts";
import { useApp } from "../store/app.ts";
import { dateTimeText } from "../store/format.ts";
import { request } from "../store/gateway.ts";
import { notify, notifyError, sentence } from "../store/notices.ts";

/** A build is noticed within a few seconds; the page asks as often. */
const lookMs = 3_000;

const load = () => request("version.status", {}, { resend: true });

export function VersionPage() {
  const [status, reload] = useLoaded(load);
  const [asked, setAsked] = useState<string | null>(null);
  const connected = useApp((state) => state.connection.phase === "connected");
  useEffect(() => {
    if (!connected) return;
    const timer = setInterval(reload, lookMs);
    return () => clearInterval(timer);
  }, [connected, reload]);
  const restarted = asked !== null && status !== undefined && status.bootId !== asked;
  useEffect(() => {
    if (!restarted) return;
    setAsked(null);
    notify("The assistant was restarted.");
  }, [restarted]);
  if (!status) return <p className="text-sm text-soft">Reading the version…</p>;
  const restart = () =>
    request("gateway.restart", {}).then(
      ({ bootId }) => setAsked(bootId),
      (error) => notifyError(error),
    );
  const { running, wanted, behind } = status;
  return (
    <div className="flex flex-col gap-8">
      <p
        role="status"
        data-behind={behind}
        className={`rounded-2xl px-4 py-3 text-sm ${behind ? "bg-honey-wash" : "bg-kelp-wash"}`}
      >
        <span className={`font-medium ${behind ? "text-honey" : "text-kelp"}`}>
          {behind ? `${sentence(status.cause ?? "")}.` : `Version ${running.version} runs, and nothing newer waits.`}
        </span>{" "}
        {status.cure}
      </p>
      <WhatRuns status={status} />
      <section>
        <h2 className="font-semibold">What should run</h2>
        {wanted ? (
          <Facts
            facts={[...buildFacts(wanted), ["Said by", wanted.by === "files" ? "the files on disk" : "the deployed Worker"]]}
          />
        ) : (
          <p className="text-sm text-soft">Nobody has said yet; a supervisor or the Worker in front does so within seconds.</p>
        )}
      </section>
      <section>
        <h2 className="font-semibold">Restart</h2>
        <p className="mb-3 max-w-prose text-sm text-soft">
          Begins anew with the build that is there now. Runs are taken up again, connections come back by themselves, nothing is
          lost.
          {status.restart === "supervisor" && " In a terminal:"}
        </p>
        <div className="flex flex-wrap items-center gap-3">
          <Button look={behind ? "primary" : "plain"} disabled={asked !== null} onClick={() => void restart()}>
            {asked === null ? "Restart the assistant" : "Restarting…"}
          </Button>
          {status.restart === "supervisor" && (
            <span className="inline-flex items-center gap-1 rounded-[0.625rem] bg-sunk pl-3">
              <code className="font-mono text-xs">npx moltworker restart</code>
              <CopyButton text="npx moltworker restart" label="Copy the command" />
            </span>
          )}
        </div>
      </section>
    </div>
  );
}

function WhatRuns({ status }: { status: Awaited<ReturnType<typeof load>> }) {
  return (
    <section>
      <h2 className="font-semibold">What runs</h2>
      <Facts
        facts={[
          ...buildFacts(status.running),
          ["Started", dateTimeText(status.startedAt)],
          ["Boot", status.bootId],
          [
            "Runtime",
            `${status.runtime.host === "cloudflare" ? "Cloudflare" : "workerd on one machine"}, compatibility date ${status.runtime.compatibilityDate}`,
          ],
        ]}
      />
    </section>
  );
}

const buildFacts = (build: BuildFacts): [string, string][] => [
  ["Version", build.version],
  ["Build", build.id],
  ["Built", dateTimeText(Date.parse(build.builtAt))],
];

function Facts({ facts }: { facts: [name: string, value: string][] }) {
  return (
    <dl className="mt-2 divide-y divide-line rounded-2xl border border-line bg-raised text-sm">
      {facts.map(([name, value]) => (
        <div key={name} className="flex flex-wrap gap-x-4 px-4 py-2">
          <dt className="w-24 text-soft">{name}</dt>
          <dd className="min-w-0 flex-1 [overflow-wrap:anywhere]">{value}</dd>
        </div>
      ))}
    </dl>
  );
}
