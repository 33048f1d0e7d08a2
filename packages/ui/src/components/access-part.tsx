/** The pieces that the sections of Access are made of: a titled section, a list of rows, a row. */

import { Children, type ReactNode } from "react";

export function Part({ title, about, children }: { title: string; about: ReactNode; children: ReactNode }) {
  return (
    <section>
      <h2 className="font-semibold">{title}</h2>
      <p className="mb-3 max-w-prose text-sm text-soft">{about}</p>
      {children}
    </section>
  );
}

export function Rows({ label, children }: { label: string; children: ReactNode }) {
  // What says that there is nothing stands alone, without the rim of an empty list.
  if (Children.count(children) === 0) return null;
  return (
    <ul aria-label={label} className="divide-y divide-line overflow-hidden rounded-2xl border border-line bg-raised">
      {children}
    </ul>
  );
}

export function Row({ name, facts, mark, children }: { name: string; facts: ReactNode; mark?: string; children?: ReactNode }) {
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 px-4 py-3">
      <div className="min-w-0 flex-1 basis-56">
        <p className="flex flex-wrap items-baseline gap-x-2 font-medium [overflow-wrap:anywhere]">
          {name}
          {mark && <span className="rounded-full bg-kelp-wash px-2 text-xs font-normal text-kelp">{mark}</span>}
        </p>
        <p className="text-sm text-soft [overflow-wrap:anywhere]">{facts}</p>
      </div>
      <div className="flex flex-wrap gap-1.5">{children}</div>
    </li>
  );
}

export function Nothing({ children }: { children: ReactNode }) {
  return <p className="rounded-2xl border border-dashed border-line px-4 py-3 text-sm text-soft">{children}</p>;
}

const words: Record<string, string> = {
  "operator.read": "read",
  "operator.write": "talk to it",
  "operator.admin": "everything, settings too",
  "operator.approvals": "approve tool calls",
  "operator.pairing": "let devices in",
  "gateway.use": "call models through the AI gateway",
};

/** A grant for a person: "read, talk to it". */
export function scopeWords(scopes: readonly string[]): string {
  if (scopes.includes("operator.admin")) return words["operator.admin"] as string;
  return scopes.map((scope) => words[scope] ?? scope).join(", ") || "nothing";
}
