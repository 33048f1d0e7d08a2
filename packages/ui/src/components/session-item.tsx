/** One conversation in the list: its name, whether it works, waits or has news; and what can be done with it. */

import type { SessionRow } from "@moltworker/protocol/rows";
import Pin from "lucide-react/icons/pin";
import { lazy, Suspense, useState } from "react";
import { useApp } from "../store/app.ts";
import { hashOf } from "../store/route.ts";
import { deleteSession, renameSession } from "../store/sessions.ts";

const SessionMenu = lazy(() => import("./session-menu.tsx").then((module) => ({ default: module.SessionMenu })));
const ConfirmDialog = lazy(() => import("./confirm-dialog.tsx").then((module) => ({ default: module.ConfirmDialog })));

export function SessionItem({ row, onOpen }: { row: SessionRow; onOpen(): void }) {
  const current = useApp((state) => state.currentKey === row.key);
  const isMain = useApp((state) => state.mainKey === row.key);
  const [renaming, setRenaming] = useState(false);
  const [deleting, setDeleting] = useState(false);
  if (renaming) return <RenameField row={row} onDone={() => setRenaming(false)} />;
  return (
    <li className={`group/item relative flex items-center rounded-xl ${current ? "bg-raised shadow-soft" : "hover:bg-hover"}`}>
      <a
        href={hashOf({ page: "chat", key: row.key })}
        aria-current={current ? "page" : undefined}
        onClick={onOpen}
        onDoubleClick={() => setRenaming(true)}
        className="flex min-h-9 min-w-0 flex-1 items-center gap-2 rounded-xl py-1 pl-2.5 pr-9 text-sm"
      >
        <span className={`min-w-0 flex-1 truncate ${row.unread && !current ? "font-semibold" : ""}`}>{row.displayName}</span>
        <Signs row={row} current={current} />
      </a>
      <Suspense fallback={null}>
        <SessionMenu row={row} isMain={isMain} onRename={() => setRenaming(true)} onDelete={() => setDeleting(true)} />
        {deleting && (
          <ConfirmDialog
            open
            onClose={() => setDeleting(false)}
            title={isMain ? "Empty this conversation?" : `Delete “${row.displayName}”?`}
            text="Its messages go for good. Files of the assistant stay."
            action={isMain ? "Empty" : "Delete"}
            onConfirm={() => deleteSession(row)}
          />
        )}
      </Suspense>
    </li>
  );
}

function Signs({ row, current }: { row: SessionRow; current: boolean }) {
  const waits = useApp((state) => state.approvals.some((approval) => approval.request.sessionKey === row.key));
  if (waits) return <span className="rounded-full bg-honey-wash px-2 text-xs text-honey">approve?</span>;
  if (row.hasActiveRun || row.status === "running") {
    return (
      <span className="breathe size-2 rounded-full bg-coral">
        <span className="sr-only">working</span>
      </span>
    );
  }
  if (row.unread && !current) {
    return (
      <span className="size-2 rounded-full bg-kelp">
        <span className="sr-only">new answer</span>
      </span>
    );
  }
  if (row.pinned) return <Pin size={13} className="text-faint group-hover/item:opacity-0" aria-label="pinned" />;
  return null;
}

function RenameField({ row, onDone }: { row: SessionRow; onDone(): void }) {
  const [name, setName] = useState(row.label ?? row.displayName);
  const keep = () => {
    if (name.trim() !== row.displayName) void renameSession(row.key, name);
    onDone();
  };
  return (
    <li className="p-0.5">
      <input
        // biome-ignore lint/a11y/noAutofocus: the field appears because the person asked to type a name.
        autoFocus
        value={name}
        maxLength={120}
        aria-label="New name"
        className="field w-full text-sm"
        onFocus={(event) => event.target.select()}
        onChange={(event) => setName(event.target.value)}
        onBlur={keep}
        onKeyDown={(event) => {
          if (event.key === "Enter") keep();
          if (event.key === "Escape") onDone();
        }}
      />
    </li>
  );
}
