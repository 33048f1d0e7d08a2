/** One snapshot: when, why, how large, proved or not; and what can be done with it. */

import type { RestoreItem, SnapshotContents, SnapshotDifference, SnapshotRow } from "@moltworker/protocol/snapshots";
import { useState } from "react";
import { dateTimeText } from "../store/format.ts";
import { request } from "../store/gateway.ts";
import { notifyError } from "../store/notices.ts";
import { Button } from "./button.tsx";
import { ConfirmDialog } from "./confirm-dialog.tsx";
import { SnapshotChoice } from "./snapshot-choice.tsx";

const looks: Record<SnapshotRow["state"], { word: string; tone: string }> = {
  verified: { word: "Proved", tone: "bg-kelp-wash text-kelp" },
  made: { word: "Not proved", tone: "bg-honey-wash text-honey" },
  damaged: { word: "Damaged", tone: "bg-rose-wash text-rose" },
};

const reasons: Record<NonNullable<SnapshotRow["reason"]>, string> = {
  schedule: "by schedule",
  button: "asked for",
  upgrade: "before an upgrade",
  import: "before an import",
  restore: "before a restore",
};

export function SnapshotItem({ row, busy }: { row: SnapshotRow; busy: boolean }) {
  const [asking, setAsking] = useState(false);
  const [difference, setDifference] = useState<SnapshotDifference | null>(null);
  const [contents, setContents] = useState<SnapshotContents | null>(null);
  const { word, tone } = looks[row.state];
  const restore = (items?: RestoreItem[]) => {
    setContents(null);
    request("snapshots.restore", { id: row.id, ...(items ? { items } : {}) }).catch(notifyError);
  };
  const facts = [row.reason && reasons[row.reason], sizeText(row.bytes), row.encrypted && "encrypted", row.kept && "always kept"];
  return (
    <li className="rounded-2xl border border-line bg-raised px-4 py-3" data-snapshot={row.id} data-state={row.state}>
      <div className="flex items-center gap-3">
        <h3 className="font-medium">{row.createdAt ? dateTimeText(row.createdAt) : row.id}</h3>
        <span className={`ml-auto shrink-0 rounded-full px-2.5 py-0.5 text-xs font-medium ${tone}`}>{word}</span>
      </div>
      <p className="mt-0.5 text-sm text-soft">{facts.filter(Boolean).join(" · ")}</p>
      {row.error && <p className="mt-1 text-sm text-rose [overflow-wrap:anywhere]">{row.error}</p>}
      <div className="mt-2 flex flex-wrap gap-2">
        <Button disabled={busy || row.state === "damaged"} onClick={() => setAsking(true)}>
          Restore
        </Button>
        <Button
          disabled={busy || row.state === "damaged"}
          aria-expanded={contents !== null}
          onClick={() =>
            contents ? setContents(null) : request("snapshots.contents", { id: row.id }).then(setContents, notifyError)
          }
        >
          Restore a part…
        </Button>
        <Button
          aria-expanded={difference !== null}
          onClick={() =>
            difference ? setDifference(null) : request("snapshots.diff", { from: row.id }).then(setDifference, notifyError)
          }
        >
          What changed since
        </Button>
        <Button disabled={busy} onClick={() => request("snapshots.verify", { id: row.id }).catch(notifyError)}>
          Prove it again
        </Button>
        <a
          href={`/api/snapshots/${row.id}.tar`}
          download
          className="inline-flex min-h-9 items-center rounded-[0.625rem] border border-line px-3.5 text-sm hover:bg-hover"
        >
          Download
        </a>
      </div>
      {difference && <Difference found={difference} />}
      {contents && <SnapshotChoice contents={contents} onRestore={restore} />}
      <ConfirmDialog
        open={asking}
        title={`Go back to ${dateTimeText(row.createdAt)}?`}
        text="Conversations, files and settings become as they were then. A snapshot of the present is made first, so you can undo it. Access, spending and the audit stay as they are."
        action="Restore"
        onConfirm={() => restore()}
        onClose={() => setAsking(false)}
      />
    </li>
  );
}

function Difference({ found }: { found: SnapshotDifference }) {
  if (found.tables.length === 0) return <p className="mt-3 text-sm text-soft">Nothing has changed since.</p>;
  const names = [
    ["Conversations", found.sessions],
    ["Files", found.files],
    ["Settings", found.settings],
  ] as const;
  return (
    <div className="mt-3 border-t border-line pt-3 text-sm">
      {names.map(
        ([title, list]) =>
          list.length > 0 && (
            <p key={title} className="[overflow-wrap:anywhere]">
              <span className="font-medium">{title}:</span> {list.join(", ")}
            </p>
          ),
      )}
      <p className="mt-1 text-soft">
        {found.tables.map(({ table, added, removed, changed }) => `${table} +${added} −${removed} ~${changed}`).join(" · ")}
      </p>
    </div>
  );
}

function sizeText(bytes: number): string {
  if (bytes < 1_000_000) return `${Math.max(1, Math.round(bytes / 1_000))} kB`;
  return bytes < 1_000_000_000 ? `${(bytes / 1_000_000).toFixed(1)} MB` : `${(bytes / 1_000_000_000).toFixed(2)} GB`;
}
