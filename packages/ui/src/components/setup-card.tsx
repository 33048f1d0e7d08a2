/** The first key, offered beside the conversation and never in its way. */

import X from "lucide-react/icons/x";
import { lazy, Suspense } from "react";
import { useApp } from "../store/app.ts";
import { dismissSetupCard } from "../store/preferences.ts";
import { go } from "../store/route.ts";
import type { AppState } from "../store/state.ts";
import { IconButton } from "./button.tsx";

const KeySetup = lazy(() => import("./key-setup.tsx").then((module) => ({ default: module.KeySetup })));

/** Only the scripted demo can answer. */
function needsModel(state: AppState): boolean {
  return (
    state.booted && state.providers.length > 0 && !state.models.some((model) => model.available && model.provider !== "demo")
  );
}

/** Where there is room: a column of its own. */
export function SetupCard() {
  const shown = useApp((state) => needsModel(state) && !state.setupCardDismissed);
  if (!shown) return null;
  return (
    <aside
      aria-label="Add a model"
      className="print-hide hidden w-[21rem] shrink-0 overflow-y-auto border-l border-line p-4 xl:block"
    >
      <div className="rounded-2xl border border-line bg-raised p-4 shadow-soft">
        <div className="flex items-start gap-2">
          <div className="flex-1">
            <h2 className="font-semibold">Give it a mind of its own</h2>
            <p className="mt-0.5 text-sm text-soft">
              The demo answers meanwhile. Your key is tested with one real call, kept by the assistant alone, and never shown
              again.
            </p>
          </div>
          <IconButton label="Put this card away" className="-mr-2 -mt-1" onClick={() => dismissSetupCard(true)}>
            <X size={16} />
          </IconButton>
        </div>
        <Suspense fallback={null}>
          <KeySetup />
        </Suspense>
      </div>
    </aside>
  );
}

/** Where there is none: one line above the field. */
export function SetupStrip() {
  const needed = useApp(needsModel);
  const dismissed = useApp((state) => state.setupCardDismissed);
  if (!needed) return null;
  return (
    <p className={`mb-2 flex items-center gap-2 px-1 text-sm text-soft ${dismissed ? "" : "xl:hidden"}`}>
      <span className="min-w-0 flex-1 truncate">The scripted demo is answering.</span>
      <button
        type="button"
        className="min-h-8 shrink-0 font-medium text-coral underline underline-offset-2"
        onClick={() => go({ page: "settings", tab: "models" })}
      >
        Add a key
      </button>
    </p>
  );
}
