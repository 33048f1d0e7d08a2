/** What differs between two states of the settings, setting by setting. */

import type { ConfigChange } from "@moltworker/protocol/rows";
import { valueText } from "../store/config-form.ts";

export function DiffTable({ label, changes }: { label: string; changes: readonly ConfigChange[] }) {
  if (changes.length === 0) return <p className="text-sm text-soft">No setting differs.</p>;
  return (
    <ul aria-label={label} className="divide-y divide-line overflow-hidden rounded-2xl border border-line bg-raised text-sm">
      {changes.map((change) => (
        <li key={change.path} className="px-4 py-2" data-change={change.path}>
          <p className="font-medium [overflow-wrap:anywhere]">{change.path}</p>
          <p className="flex flex-wrap items-baseline gap-x-2 [overflow-wrap:anywhere]">
            <del className="rounded bg-rose-wash px-1.5 text-rose no-underline">
              <span className="sr-only">before: </span>
              {valueText(change.before)}
            </del>
            <span aria-hidden="true">→</span>
            <ins className="rounded bg-kelp-wash px-1.5 text-kelp no-underline">
              <span className="sr-only">after: </span>
              {valueText(change.after)}
            </ins>
          </p>
        </li>
      ))}
    </ul>
  );
}
