/** A row whose name is the owner's to change: "Rename" turns it into a field, Escape turns it back. */

import { type FormEvent, type ReactNode, useState } from "react";
import { Row } from "./access-part.tsx";
import { Button } from "./button.tsx";

interface RenamableRowProps {
  name: string;
  /** What the field asks for: "Name of the device". */
  fieldName: string;
  facts: ReactNode;
  mark?: string;
  /** Called with a name that is not empty. */
  onRename(name: string): void;
  /** What else can be done with it. */
  children: ReactNode;
}

export function RenamableRow({ name, fieldName, facts, mark, onRename, children }: RenamableRowProps) {
  const [typed, setTyped] = useState<string | null>(null);
  const save = (event: FormEvent) => {
    event.preventDefault();
    const wanted = typed?.trim();
    setTyped(null);
    if (wanted) onRename(wanted);
  };
  if (typed === null) {
    return (
      <Row name={name} facts={facts} {...(mark === undefined ? {} : { mark })}>
        <Button aria-label={`Rename ${name}`} onClick={() => setTyped(name)}>
          Rename
        </Button>
        {children}
      </Row>
    );
  }
  return (
    <li className="px-4 py-3">
      <form onSubmit={save} className="flex flex-wrap gap-2">
        <input
          aria-label={fieldName}
          className="field min-w-0 flex-1"
          maxLength={64}
          value={typed}
          // biome-ignore lint/a11y/noAutofocus: the person has just asked to type here
          autoFocus
          onChange={(event) => setTyped(event.target.value)}
          onKeyDown={(event) => event.key === "Escape" && setTyped(null)}
        />
        <Button type="submit" look="primary">
          Save
        </Button>
        <Button look="quiet" onClick={() => setTyped(null)}>
          Cancel
        </Button>
      </form>
    </li>
  );
}
