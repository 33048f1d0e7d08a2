/** What can be done with a conversation in the list. */

import { Menu } from "@base-ui/react/menu";
import type { SessionRow } from "@moltworker/protocol/rows";
import Ellipsis from "lucide-react/icons/ellipsis";
import type { ReactNode } from "react";
import { patchSession } from "../store/sessions.ts";

interface SessionMenuProps {
  row: SessionRow;
  isMain: boolean;
  onRename(): void;
  onDelete(): void;
}

export function SessionMenu({ row, isMain, onRename, onDelete }: SessionMenuProps) {
  return (
    <Menu.Root>
      <Menu.Trigger
        aria-label={`More for ${row.displayName}`}
        className="absolute right-1 grid size-8 place-items-center rounded-lg text-soft opacity-0 hover:text-ink focus-visible:opacity-100 group-hover/item:opacity-100 data-[popup-open]:opacity-100 pointer-coarse:opacity-100"
      >
        <Ellipsis size={16} />
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Positioner side="bottom" align="end" sideOffset={4} className="z-50">
          <Menu.Popup className="min-w-40 animate-fade rounded-xl border border-line bg-raised p-1 text-sm shadow-lift outline-none">
            <Item onClick={onRename}>Rename</Item>
            <Item onClick={() => patchSession(row.key, { pinned: !row.pinned })}>{row.pinned ? "Unpin" : "Pin"}</Item>
            <Item onClick={() => patchSession(row.key, { unread: !row.unread })}>
              {row.unread ? "Mark as read" : "Mark as unread"}
            </Item>
            <Item danger onClick={onDelete}>
              {isMain ? "Empty…" : "Delete…"}
            </Item>
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}

function Item({ children, danger = false, onClick }: { children: ReactNode; danger?: boolean; onClick(): void }) {
  return (
    <Menu.Item
      onClick={onClick}
      className={`flex min-h-9 cursor-pointer items-center rounded-lg px-3 outline-none data-[highlighted]:bg-hover ${danger ? "text-rose" : ""}`}
    >
      {children}
    </Menu.Item>
  );
}
