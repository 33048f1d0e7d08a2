/** The controls that change one value each: a choice, a switch, a number, a text, a list of lines, raw JSON. */

import { useState } from "react";
import { choicesOf, type Schema, valueText } from "../store/config-form.ts";

export interface ControlProps {
  id: string;
  schema: Schema;
  value: unknown;
  /** It may stand without a value; this is the one that says so. */
  empty?: { value: null | undefined };
  describedBy: string;
  invalid: boolean;
  onChange(value: unknown): void;
}

const unset = "\u0000unset";

export function ChoiceControl({ id, schema, value, empty, describedBy, invalid, onChange }: ControlProps) {
  const choices = schema.type === "boolean" ? [true, false] : (choicesOf(schema) ?? []);
  const index = choices.indexOf(value);
  return (
    <select
      id={id}
      className="field w-full max-w-xs"
      aria-describedby={describedBy}
      aria-invalid={invalid}
      value={index === -1 ? unset : String(index)}
      onChange={({ target }) => onChange(target.value === unset ? empty?.value : choices[Number(target.value)])}
    >
      {(empty || index === -1) && <option value={unset}>not set</option>}
      {choices.map((choice, at) => (
        <option key={String(choice)} value={at}>
          {valueText(choice)}
        </option>
      ))}
    </select>
  );
}

export function SwitchControl({ id, value, describedBy, onChange }: ControlProps) {
  return (
    <input
      id={id}
      type="checkbox"
      role="switch"
      aria-checked={value === true}
      className="switch"
      aria-describedby={describedBy}
      checked={value === true}
      onChange={({ target }) => onChange(target.checked)}
    />
  );
}

export function NumberControl({ id, schema, value, empty, describedBy, invalid, onChange }: ControlProps) {
  const [typed, setTyped] = useState<string | null>(null);
  return (
    <input
      id={id}
      inputMode={schema.type === "integer" ? "numeric" : "decimal"}
      className="field w-full max-w-40"
      aria-describedby={describedBy}
      aria-invalid={invalid}
      value={typed ?? (typeof value === "number" && !Number.isNaN(value) ? String(value) : "")}
      placeholder={empty ? "not set" : undefined}
      onBlur={() => setTyped(null)}
      onChange={({ target }) => {
        setTyped(target.value);
        const text = target.value.trim();
        onChange(text === "" ? (empty ? empty.value : Number.NaN) : Number(text.replace(",", ".")));
      }}
    />
  );
}

export function TextControl({ id, schema, value, empty, describedBy, invalid, onChange }: ControlProps) {
  const shared = {
    id,
    "aria-describedby": describedBy,
    "aria-invalid": invalid,
    value: typeof value === "string" ? value : "",
    placeholder: empty ? "not set" : undefined,
    onChange: ({ target }: { target: { value: string } }) => onChange(target.value === "" && empty ? empty.value : target.value),
  };
  if ((schema.maxLength ?? 0) > 1_000)
    return <textarea className="field min-h-24 w-full resize-y [field-sizing:content]" {...shared} />;
  return (
    <input
      className="field w-full max-w-xl"
      inputMode={schema.format === "uri" ? "url" : undefined}
      spellCheck={false}
      autoComplete="off"
      {...shared}
    />
  );
}

/** A list of texts, one a line. Empty lines are no entries, but stay on the screen while one types. */
export function LinesControl({ id, value, describedBy, invalid, onChange }: ControlProps) {
  const lines = Array.isArray(value) ? value.map(String) : [];
  const [typed, setTyped] = useState<string | null>(null);
  return (
    <textarea
      id={id}
      className="field min-h-16 w-full max-w-xl resize-y [field-sizing:content]"
      spellCheck={false}
      placeholder="none; one a line"
      aria-describedby={describedBy}
      aria-invalid={invalid}
      value={typed ?? lines.join("\n")}
      onBlur={() => setTyped(null)}
      onChange={({ target }) => {
        setTyped(target.value);
        onChange(
          target.value
            .split("\n")
            .map((line) => line.trim())
            .filter(Boolean),
        );
      }}
    />
  );
}

/** What has no control of its own. Text that is not JSON yet is said and not handed on. */
export function JsonControl({ id, value, empty, describedBy, invalid, onChange }: ControlProps) {
  const [typed, setTyped] = useState<string | null>(null);
  const [broken, setBroken] = useState(false);
  const text = value === undefined ? "" : JSON.stringify(value, null, 2);
  return (
    <>
      <textarea
        id={id}
        className="field code min-h-24 w-full resize-y [field-sizing:content]"
        spellCheck={false}
        aria-describedby={describedBy}
        aria-invalid={invalid || broken}
        value={typed ?? text}
        onBlur={() => !broken && setTyped(null)}
        onChange={({ target }) => {
          setTyped(target.value);
          try {
            onChange(target.value.trim() === "" && empty ? empty.value : JSON.parse(target.value));
            setBroken(false);
          } catch {
            setBroken(true);
          }
        }}
      />
      {broken && <p className="text-sm text-rose">This is not JSON yet; the last whole value is kept.</p>}
    </>
  );
}
