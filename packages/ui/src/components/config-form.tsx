/** A section of the settings as a form: nothing holds until it is saved, and what the server refuses stands at its setting. */

import { type MoltError, moltErrorFrom } from "@moltworker/protocol/errors";
import { useState } from "react";
import { applied, isObject, patchOf, pathsOf, problemsOf, type Schema } from "../store/config-form.ts";
import { request } from "../store/gateway.ts";
import { notify, sentence } from "../store/notices.ts";
import { Button } from "./button.tsx";
import { Field, Fields } from "./config-field.tsx";

/** What the draft is compared with. */
interface Base {
  saved: unknown;
  hash: string;
  /** What the page still shows as the present hash until it has read the settings that were just saved. */
  before?: string;
}

interface FormProps {
  section: string;
  schema: Schema;
  saved: unknown;
  /** Of the settings that `saved` was read from. */
  hash: string;
  /** What the server finds wrong with what is stored. */
  stored: readonly { path: string; message: string }[];
  onSaved(): void;
}

export function ConfigForm({ section, schema, saved, hash, stored, onSaved }: FormProps) {
  const [base, setBase] = useState<Base>({ saved, hash });
  const [draft, setDraft] = useState(saved);
  const [error, setError] = useState<MoltError | null>(null);
  const [busy, setBusy] = useState(false);
  const patch = patchOf(base.saved, draft, schema);
  const changed = pathsOf(patch, [section]);
  const local = problemsOf(schema, draft, section);
  const problems = { ...Object.fromEntries(stored.map(({ path, message }) => [path, message])), ...issuesOf(error), ...local };
  const movedOn = hash !== base.hash && hash !== base.before;
  // Nothing typed: what was changed elsewhere simply shows.
  if (movedOn && changed.length === 0) {
    setBase({ saved, hash });
    setDraft(saved);
  }
  const rebase = () => {
    setDraft(applied(saved, patch, schema));
    setBase({ saved, hash });
    setError(null);
  };
  const save = async () => {
    setBusy(true);
    try {
      const kept = await request("config.patch", { raw: JSON.stringify({ [section]: patch }), baseHash: base.hash });
      setBase({ saved: kept.config[section], hash: kept.hash, before: hash });
      setDraft(kept.config[section]);
      setError(null);
      notify("Saved. It holds from now on.");
    } catch (cause) {
      setError(moltErrorFrom(cause));
    } finally {
      setBusy(false);
      onSaved();
    }
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (changed.length > 0 && Object.keys(local).length === 0) void save();
      }}
    >
      <SectionFields
        section={section}
        schema={schema}
        value={draft}
        problems={problems}
        onChange={(next) => {
          setDraft(next);
          if (error?.code === "CONFIG_INVALID") setError(null);
        }}
      />
      {error && !movedOn && <Refused error={error} />}
      {movedOn && changed.length > 0 && <MovedOn onRebase={rebase} />}
      <div className="sticky bottom-0 -mx-2 mt-6 flex flex-wrap items-center gap-2 border-t border-line bg-paper px-2 py-3">
        <Button type="submit" look="primary" disabled={busy || movedOn || changed.length === 0 || Object.keys(local).length > 0}>
          Save
        </Button>
        <Button look="quiet" disabled={busy || changed.length === 0} onClick={() => setDraft(base.saved)}>
          Undo changes
        </Button>
        <p role="status" className="min-w-0 flex-1 basis-40 text-sm text-soft [overflow-wrap:anywhere]">
          {changed.length > 0 && `Not saved yet: ${changed.join(", ")}`}
        </p>
      </div>
    </form>
  );
}

/** The whole section as one value when it is no group of settings, such as a record of providers. */
function SectionFields({
  section,
  schema,
  ...rest
}: {
  section: string;
  schema: Schema;
  value: unknown;
  problems: Record<string, string>;
  onChange(value: unknown): void;
}) {
  if (schema.properties) return <Fields path={section} schema={schema} {...rest} />;
  return <Field path={section} name={section} schema={{ ...schema, title: "Entries", description: "" }} required {...rest} />;
}

function Refused({ error }: { error: MoltError }) {
  return (
    <div role="alert" className="mt-5 rounded-xl bg-rose-wash px-4 py-3 text-sm">
      <p className="font-medium text-rose">{sentence(error.message)}.</p>
      <p>
        {error.code === "CONFIG_INVALID"
          ? "Nothing was changed. Correct the setting that is named, then save again."
          : error.hint}
      </p>
    </div>
  );
}

function MovedOn({ onRebase }: { onRebase(): void }) {
  return (
    <div role="alert" className="mt-5 rounded-xl bg-honey-wash px-4 py-3 text-sm">
      <p className="font-medium text-honey">The settings were changed elsewhere meanwhile.</p>
      <p>What you typed is still here. Put it on top of the newer settings, look at it once more, then save.</p>
      <Button className="mt-2" onClick={onRebase}>
        Put mine on top
      </Button>
    </div>
  );
}

/** The refusal's issues by path; they belong to the setting that they name. */
function issuesOf(error: MoltError | null): Record<string, string> {
  const issues = error?.code === "CONFIG_INVALID" ? error.details.issues : undefined;
  if (!Array.isArray(issues)) return {};
  return Object.fromEntries(
    issues.flatMap((issue) => (isObject(issue) ? [[String(issue.path), `${sentence(String(issue.message))}.`]] : [])),
  );
}
