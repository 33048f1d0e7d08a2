/** The arguments of a call, whole: short ones as rows, long ones as blocks. */

import { CodeBlock } from "./code-block.tsx";
import { toolFields } from "./tool-words.ts";

export function ToolInput({ args }: { args: Record<string, unknown> }) {
  const fields = toolFields(args);
  const rows = fields.filter((field) => field.block === null);
  return (
    <>
      {rows.length > 0 && (
        <dl className="my-3 grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1 font-mono text-[0.8125rem]">
          {rows.map((field) => (
            <div key={field.label} className="contents">
              <dt className="text-soft">{field.label}</dt>
              <dd className="whitespace-pre-wrap [overflow-wrap:anywhere]">{field.text === "" ? "(empty)" : field.text}</dd>
            </div>
          ))}
        </dl>
      )}
      {fields.map(
        (field) =>
          field.block && (
            <CodeBlock key={field.label} code={field.text} language={field.block.language} label={field.label} wrap />
          ),
      )}
    </>
  );
}
