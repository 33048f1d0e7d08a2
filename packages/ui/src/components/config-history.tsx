/** The kept versions of a section: who, when, what; two of them side by side; one press back to any of them. */

import type { ConfigChange, ConfigVersion } from "@moltworker/protocol/rows";
import { useCallback, useEffect, useState } from "react";
import { dateTimeText } from "../store/format.ts";
import { request } from "../store/gateway.ts";
import { notify, notifyError } from "../store/notices.ts";
import { Nothing, Part, Row, Rows } from "./access-part.tsx";
import { Button } from "./button.tsx";
import { DiffTable } from "./config-diff.tsx";
import { useLoaded } from "./use-loaded.ts";

interface HistoryProps {
  section: string;
  /** Of the settings that are shown; a version is brought back only onto these. */
  hash: string;
  revision: number;
  onRestored(): void;
}

export function ConfigHistory({ section, hash, revision, onRestored }: HistoryProps) {
  const load = useCallback(() => request("config.history", { section, limit: 100 }, { resend: true }), [section]);
  const [page] = useLoaded(load, revision);
  const [pair, setPair] = useState<[from: number, to: number] | null>(null);
  const restore = async (version: number) => {
    try {
      await request("config.restore", { section, version, baseHash: hash });
      notify(version === 0 ? "Back to the defaults." : `Back to version ${version}.`);
      setPair(null);
      onRestored();
    } catch (error) {
      notifyError(error);
    }
  };
  const versions = page?.versions ?? [];
  const newest = versions[0]?.version ?? 0;
  return (
    <Part
      title="History"
      about="Every saved change is a version. Going back to one makes a new version, so that can be undone too."
    >
      {page && versions.length === 0 && <Nothing>Nothing was changed yet: these are the defaults.</Nothing>}
      {versions.length > 0 && (
        <Rows label="Versions">
          {versions.map((one) => (
            <Row key={one.id} name={`Version ${one.version}`} facts={factsOf(one)} {...(one.current ? { mark: "in force" } : {})}>
              <Button aria-label={`What version ${one.version} changed`} onClick={() => setPair([one.version - 1, one.version])}>
                What changed
              </Button>
              {!one.current && (
                <Button aria-label={`Go back to version ${one.version}`} onClick={() => void restore(one.version)}>
                  Go back to this
                </Button>
              )}
            </Row>
          ))}
          <Row name="The defaults" facts="What the section is without any change.">
            <Button onClick={() => void restore(0)}>Go back to the defaults</Button>
          </Row>
        </Rows>
      )}
      {pair && <Comparison section={section} pair={pair} newest={newest} onChange={setPair} />}
    </Part>
  );
}

function Comparison({
  section,
  pair,
  newest,
  onChange,
}: {
  section: string;
  pair: [number, number];
  newest: number;
  onChange(pair: [number, number]): void;
}) {
  const [changes, setChanges] = useState<ConfigChange[] | null>(null);
  const [from, to] = pair;
  useEffect(() => {
    let late = false;
    request("config.diff", { section, from, to }, { resend: true }).then(
      (answer) => late || setChanges(answer.changes),
      (error) => {
        notifyError(error);
        setChanges([]);
      },
    );
    return () => {
      late = true;
    };
  }, [section, from, to]);
  const choices = Array.from({ length: newest + 1 }, (_, index) => newest - index).slice(0, 101);
  const select = (label: string, value: number, set: (version: number) => void) => (
    <label className="flex items-center gap-2 text-sm">
      {label}
      <select className="field" value={value} onChange={({ target }) => set(Number(target.value))}>
        {[...new Set([...choices, value, 0])].map((version) => (
          <option key={version} value={version}>
            {version === 0 ? "the defaults" : `version ${version}`}
          </option>
        ))}
      </select>
    </label>
  );
  return (
    <section aria-label="Comparison" className="mt-5 animate-rise">
      <div className="mb-3 flex flex-wrap gap-3">
        {select("From", from, (version) => onChange([version, to]))}
        {select("to", to, (version) => onChange([from, version]))}
      </div>
      {changes && <DiffTable label="Differences" changes={changes} />}
    </section>
  );
}

function factsOf(one: ConfigVersion): string {
  const paths = one.changedPaths === null ? "" : one.changedPaths.join(", ");
  return [dateTimeText(one.changedAt), one.changedBy === "environment" ? "from the environment" : `by ${one.changedBy}`, paths]
    .filter(Boolean)
    .join(" · ");
}
