/** STOP is on: says so plainly, and offers the way back. */

import OctagonX from "lucide-react/icons/octagon-x";
import { useApp } from "../store/app.ts";
import { setSuspended } from "../store/sessions.ts";
import { Button } from "./button.tsx";

export function SuspendedBanner() {
  const suspended = useApp((state) => state.suspended);
  if (!suspended) return null;
  return (
    <div
      role="alert"
      className="print-hide flex flex-wrap items-center gap-x-3 gap-y-2 border-b border-rose bg-rose-wash px-4 py-2 text-sm"
    >
      <OctagonX size={18} className="text-rose" aria-hidden="true" />
      <p className="min-w-0 flex-1">
        <strong className="text-rose">STOP is on.</strong> No run and no tool may start until you resume.
      </p>
      <Button look="primary" onClick={() => setSuspended(false)}>
        Resume
      </Button>
    </div>
  );
}
