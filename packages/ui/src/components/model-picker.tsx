/** Which model answers here. Its name stands at once; the list behind it is fetched right after the first screen. */

import { lazy, Suspense } from "react";
import { useApp } from "../store/app.ts";
import { modelOf, modelRefOf } from "../store/select.ts";
import { ModelLabel, modelButtonLook } from "./model-label.tsx";

const ModelPopover = lazy(() => import("./model-popover.tsx").then((module) => ({ default: module.ModelPopover })));

export function ModelPicker({ sessionKey }: { sessionKey: string }) {
  const chosen = useApp((state) => modelRefOf(state, sessionKey));
  const model = useApp((state) => modelOf(state, sessionKey));
  if (chosen === "" && !model) return null;
  const label = (
    <span className={modelButtonLook}>
      <ModelLabel model={model} chosen={chosen} sessionKey={sessionKey} />
    </span>
  );
  return (
    <Suspense fallback={label}>
      <ModelPopover sessionKey={sessionKey} model={model} chosen={chosen} />
    </Suspense>
  );
}
