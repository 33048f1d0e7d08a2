/** Short messages at the edge; read aloud, and gone by themselves. */

import X from "lucide-react/icons/x";
import { useApp } from "../store/app.ts";
import { dismissNotice } from "../store/notices.ts";
import { IconButton } from "./button.tsx";

export function Notices() {
  const notices = useApp((state) => state.notices);
  return (
    <div
      aria-live="polite"
      className="print-hide pointer-events-none fixed inset-x-3 top-16 z-50 flex flex-col items-center gap-2 md:left-auto md:right-5 md:items-end"
    >
      {notices.map((notice) => (
        <div
          key={notice.id}
          className={`pointer-events-auto flex max-w-md animate-rise items-start gap-2 rounded-xl border bg-raised py-2 pl-4 pr-1.5 shadow-lift ${notice.tone === "error" ? "border-rose" : "border-line"}`}
        >
          <div className="py-1 text-sm">
            <p className={notice.tone === "error" ? "font-medium text-rose" : ""}>{notice.text}</p>
            {notice.hint && <p className="text-soft">{notice.hint}</p>}
          </div>
          <IconButton label="Dismiss" className="size-8" onClick={() => dismissNotice(notice.id)}>
            <X size={15} />
          </IconButton>
        </div>
      ))}
    </div>
  );
}
