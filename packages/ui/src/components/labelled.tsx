/** A field under its name. */

import type { ReactNode } from "react";

export function Labelled({ name, children }: { name: string; children: ReactNode }) {
  return (
    // biome-ignore lint/a11y/noLabelWithoutControl: the control is the child
    <label className="flex min-w-0 flex-col gap-1 text-sm">
      <span className="text-soft">{name}</span>
      {children}
    </label>
  );
}
