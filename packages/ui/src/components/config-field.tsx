/** One setting of any shape: its name, its words, its control, what is wrong, and the way back to its default. */

import { type ReactNode, useId, useState } from "react";
import {
  boundsOf,
  childOf,
  controlOf,
  emptyOf,
  isObject,
  isSame,
  labelOf,
  problemOf,
  type Schema,
  unwrapped,
  valueText,
} from "../store/config-form.ts";
import { Button } from "./button.tsx";
import {
  ChoiceControl,
  type ControlProps,
  JsonControl,
  LinesControl,
  NumberControl,
  SwitchControl,
  TextControl,
} from "./config-controls.tsx";
import { Words } from "./words.tsx";

export interface FieldProps {
  /** Dotted, from the section on: what the server's words refer to. */
  path: string;
  name: string;
  schema: Schema;
  value: unknown;
  required: boolean;
  /** What is wrong, by dotted path. */
  problems: Record<string, string>;
  onChange(value: unknown): void;
}

export function Field(props: FieldProps) {
  const { schema, nullable } = unwrapped(props.schema);
  const control = controlOf(schema);
  if (control === "group" && !nullable && props.required) return <Group {...props} schema={schema} />;
  if (control === "record") return <RecordField {...props} schema={schema} />;
  if (control === "items") return <ItemsField {...props} schema={schema} />;
  if (control === "group") return <OptionalGroup {...props} schema={schema} empty={nullable ? null : undefined} />;
  return <Leaf {...props} />;
}

/** The settings of an object, one under the other. */
export function Fields({ path, schema, value, problems, onChange }: Omit<FieldProps, "name" | "required">) {
  const held = isObject(value) ? value : {};
  const set = (key: string, next: unknown) => {
    const { [key]: _old, ...others } = held;
    onChange(next === undefined ? others : { ...held, [key]: next });
  };
  return (
    <div className="flex flex-col gap-6">
      {Object.entries(schema.properties ?? {}).map(([key, child]) => (
        <Field
          key={key}
          path={`${path}.${key}`}
          name={key}
          schema={child}
          value={held[key]}
          required={schema.required?.includes(key) ?? false}
          problems={problems}
          onChange={(next) => set(key, next)}
        />
      ))}
    </div>
  );
}

function Group(props: FieldProps) {
  return (
    <Frame label={labelOf(props.name, props.schema)} help={props.schema.description}>
      <Fields {...props} />
    </Frame>
  );
}

/** A group that may be missing as a whole. */
function OptionalGroup({ empty, ...props }: FieldProps & { empty: null | undefined }) {
  const isThere = isObject(props.value);
  return (
    <Frame label={labelOf(props.name, props.schema)} help={props.schema.description}>
      {isThere ? <Fields {...props} /> : <p className="text-sm text-soft">Not set.</p>}
      <Button className="mt-4" onClick={() => props.onChange(isThere ? empty : emptyOf(props.schema))}>
        {isThere ? "Remove" : "Set it"}
      </Button>
    </Frame>
  );
}

function RecordField({ path, name, schema, value, problems, onChange }: FieldProps) {
  const held = isObject(value) ? value : {};
  const [key, setKey] = useState("");
  const id = useId();
  const child = childOf(schema, "") ?? {};
  const add = () => {
    if (key.trim() === "" || Object.hasOwn(held, key.trim())) return;
    onChange({ ...held, [key.trim()]: emptyOf(child) });
    setKey("");
  };
  return (
    <Frame label={labelOf(name, schema)} help={schema.description} problem={problems[path]}>
      <div className="flex flex-col gap-3">
        {Object.keys(held).map((one) => (
          <Entry
            key={one}
            title={one}
            onRemove={() => onChange(Object.fromEntries(Object.entries(held).filter(([at]) => at !== one)))}
          >
            <EntryBody
              path={`${path}.${one}`}
              name={one}
              schema={child}
              value={held[one]}
              problems={problems}
              onChange={(next) => onChange({ ...held, [one]: next })}
            />
          </Entry>
        ))}
        {Object.keys(held).length === 0 && <Nothing />}
        <div className="flex flex-wrap items-end gap-2">
          <label htmlFor={id} className="sr-only">
            Name of a new entry of {labelOf(name, schema)}
          </label>
          <input
            id={id}
            className="field w-full max-w-60"
            placeholder="Name of a new entry"
            value={key}
            onChange={({ target }) => setKey(target.value)}
            onKeyDown={(event) => {
              if (event.key !== "Enter") return;
              event.preventDefault();
              add();
            }}
          />
          <Button onClick={add} disabled={key.trim() === "" || Object.hasOwn(held, key.trim())}>
            Add
          </Button>
        </div>
      </div>
    </Frame>
  );
}

function ItemsField({ path, name, schema, value, problems, onChange }: FieldProps) {
  const held: unknown[] = Array.isArray(value) ? value : [];
  const child = schema.items ?? {};
  return (
    <Frame label={labelOf(name, schema)} help={schema.description} problem={problems[path]}>
      <div className="flex flex-col gap-3">
        {held.map((item, index) => (
          <Entry
            // biome-ignore lint/suspicious/noArrayIndexKey: entries have no other identity
            key={index}
            title={`Entry ${index + 1}`}
            onRemove={() => onChange(held.filter((_, at) => at !== index))}
          >
            <EntryBody
              path={`${path}.${index}`}
              name={`${name} ${index + 1}`}
              schema={child}
              value={item}
              problems={problems}
              onChange={(next) => onChange(held.map((one, at) => (at === index ? next : one)))}
            />
          </Entry>
        ))}
        {held.length === 0 && <Nothing />}
        <Button className="self-start" onClick={() => onChange([...held, emptyOf(child)])}>
          Add an entry
        </Button>
      </div>
    </Frame>
  );
}

/** An object's settings stand in the entry itself; anything else is one setting in it. */
function EntryBody(props: Omit<FieldProps, "required">) {
  const { schema } = unwrapped(props.schema);
  if (controlOf(schema) === "group") return <Fields {...props} schema={schema} />;
  return <Field {...props} name="value" required />;
}

function Entry({ title, onRemove, children }: { title: string; onRemove(): void; children: ReactNode }) {
  return (
    <section aria-label={title} className="rounded-2xl border border-line bg-raised px-4 py-3">
      <div className="mb-3 flex items-center gap-2">
        <h4 className="min-w-0 flex-1 font-medium [overflow-wrap:anywhere]">{title}</h4>
        <Button look="quiet" aria-label={`Remove ${title}`} onClick={onRemove}>
          Remove
        </Button>
      </div>
      {children}
    </section>
  );
}

const Nothing = () => <p className="rounded-2xl border border-dashed border-line px-4 py-3 text-sm text-soft">None.</p>;

function Frame({
  label,
  help,
  problem,
  children,
}: {
  label: string;
  help: string | undefined;
  problem?: string | undefined;
  children: ReactNode;
}) {
  return (
    <fieldset className="min-w-0">
      <legend className="font-medium">{label}</legend>
      {help && (
        <p className="mb-3 max-w-prose text-sm text-soft">
          <Words text={help} />
        </p>
      )}
      {problem && <p className="mb-2 text-sm font-medium text-rose">{problem}</p>}
      <div className="border-l-2 border-line pl-4">{children}</div>
    </fieldset>
  );
}

const controls: Partial<Record<ReturnType<typeof controlOf>, (props: ControlProps) => ReactNode>> = {
  choice: ChoiceControl,
  switch: SwitchControl,
  number: NumberControl,
  text: TextControl,
  lines: LinesControl,
};

function Leaf({ path, name, schema: outer, value, required, problems, onChange }: FieldProps) {
  const id = useId();
  const { schema, nullable } = unwrapped(outer);
  const kind = controlOf(schema);
  const isOptional = nullable || (!required && outer.default === undefined);
  const Control = (kind === "switch" && isOptional ? ChoiceControl : controls[kind]) ?? JsonControl;
  const problem = problems[path] ?? problemOf(outer, value, required);
  const bounds = boundsOf(schema);
  const isDefault = outer.default === undefined ? value === undefined : isSame(value, outer.default);
  const hasDefault = outer.default !== undefined || !required;
  return (
    <div data-setting={path}>
      <div className={kind === "switch" && !isOptional ? "flex items-start justify-between gap-4" : ""}>
        <div className="min-w-0">
          <label htmlFor={id} className="font-medium">
            {labelOf(name, outer)}
          </label>
          {outer.description && (
            <p id={`${id}-help`} className="max-w-prose text-sm text-soft">
              <Words text={outer.description} />
            </p>
          )}
        </div>
        <div className="mt-1">
          <Control
            id={id}
            schema={schema}
            value={value}
            {...(isOptional ? { empty: { value: nullable ? null : undefined } } : {})}
            describedBy={[outer.description ? `${id}-help` : "", problem ? `${id}-problem` : "", `${id}-facts`]
              .filter(Boolean)
              .join(" ")}
            invalid={problem !== undefined}
            onChange={onChange}
          />
        </div>
      </div>
      {problem && (
        <p id={`${id}-problem`} className="mt-1 text-sm font-medium text-rose" data-problem>
          {problem}
        </p>
      )}
      <p id={`${id}-facts`} className="mt-1 flex flex-wrap items-baseline gap-x-2 text-xs text-soft">
        {bounds && <span>{bounds}</span>}
        {bounds && hasDefault && <span aria-hidden="true">·</span>}
        {hasDefault && <span>{isDefault ? "the default" : `Default: ${valueText(outer.default)}`}</span>}
        {hasDefault && !isDefault && (
          <button
            type="button"
            className="font-medium text-coral underline underline-offset-2"
            aria-label={`Use the default of ${labelOf(name, outer)}`}
            onClick={() => onChange(outer.default)}
          >
            Use it
          </button>
        )}
      </p>
    </div>
  );
}
