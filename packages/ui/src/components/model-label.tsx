/** The name of the model in use, as it stands on its button. */

import type { ModelRow } from "@moltworker/protocol/rows";
import ChevronDown from "lucide-react/icons/chevron-down";
import { useApp } from "../store/app.ts";
import { thinkingOf } from "../store/select.ts";

export const modelButtonLook =
  "inline-flex min-h-9 min-w-0 items-center gap-1.5 rounded-[0.625rem] px-2.5 text-sm text-soft hover:bg-hover hover:text-ink";

export function ModelLabel({ model, chosen, sessionKey }: { model: ModelRow | undefined; chosen: string; sessionKey: string }) {
  const thinking = useApp((state) => thinkingOf(state, sessionKey));
  return (
    <>
      <span className="max-w-40 truncate sm:max-w-64">{model?.name ?? (chosen || "Model")}</span>
      {model?.reasoning && thinking !== "off" && <span className="text-xs">· {thinking}</span>}
      <ChevronDown size={14} className="shrink-0" aria-hidden="true" />
    </>
  );
}
