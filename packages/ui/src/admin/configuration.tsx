/** Every setting as a form that is made from the settings' own schema: a new section appears here by itself. */

import { useCallback } from "react";
import { ConfigForm } from "../components/config-form.tsx";
import { ConfigHistory } from "../components/config-history.tsx";
import { useLoaded } from "../components/use-loaded.ts";
import { Words } from "../components/words.tsx";
import { useApp } from "../store/app.ts";
import { labelOf, type Schema } from "../store/config-form.ts";
import { request } from "../store/gateway.ts";
import { go } from "../store/route.ts";
import type { AdminView } from "./view.ts";

const loadSchema = () => request("config.schema", {}, { resend: true });
const loadConfig = () => request("config.get", {}, { resend: true });

export function ConfigurationPage({ rest }: AdminView) {
  const revision = useApp((state) => state.configRevision);
  const [described] = useLoaded(loadSchema);
  const [config, reload] = useLoaded(loadConfig, revision);
  const onSaved = useCallback(() => reload(), [reload]);
  if (!described || !config) return <p className="text-sm text-soft">Reading the settings…</p>;
  const sections = Object.entries((described.schema as Schema).properties ?? {});
  const [section, schema] = sections.find(([name]) => name === rest) ?? sections[0] ?? [];
  if (section === undefined || !schema) return null;
  const stored = config.issues.filter(({ path }) => path === section || path.startsWith(`${section}.`));
  return (
    <div className="flex flex-col gap-9">
      <SectionChoice sections={sections} current={section} issues={config.issues} />
      <section>
        <h2 className="text-lg font-semibold tracking-tight">{labelOf(section, schema)}</h2>
        {schema.description && (
          <p className="max-w-prose text-sm text-soft">
            <Words text={schema.description} />
          </p>
        )}
        {stored.length > 0 && (
          <p role="alert" className="mt-3 rounded-xl bg-rose-wash px-4 py-3 text-sm">
            <span className="font-medium text-rose">What is stored here is not valid, so the defaults are in force.</span> Put the
            marked setting right and save, or go back to an earlier version below.
          </p>
        )}
        <div className="mt-5">
          <ConfigForm
            key={section}
            section={section}
            schema={schema}
            saved={config.config[section]}
            hash={config.hash}
            stored={stored}
            onSaved={onSaved}
          />
        </div>
      </section>
      <ConfigHistory key={section} section={section} hash={config.hash} revision={revision} onRestored={onSaved} />
    </div>
  );
}

function SectionChoice({
  sections,
  current,
  issues,
}: {
  sections: [string, Schema][];
  current: string;
  issues: { path: string }[];
}) {
  const isBad = (name: string) => issues.some(({ path }) => path === name || path.startsWith(`${name}.`));
  return (
    <label className="flex flex-wrap items-center gap-x-3 gap-y-1">
      <span className="font-medium">Section</span>
      <select
        className="field w-full max-w-xs"
        value={current}
        onChange={({ target }) => go({ page: "admin", id: "configuration", rest: target.value })}
      >
        {sections.map(([name, schema]) => (
          <option key={name} value={name}>
            {labelOf(name, schema)}
            {isBad(name) ? " (not valid)" : ""}
          </option>
        ))}
      </select>
    </label>
  );
}
