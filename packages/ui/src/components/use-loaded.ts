/** What the server answers, read when shown and again on `reload`, on a reconnect, or when `revision` changes. */

import { useCallback, useEffect, useState } from "react";
import { useApp } from "../store/app.ts";
import { notifyError } from "../store/notices.ts";

/** `load` must be the same function on every render. */
export function useLoaded<Value>(
  load: () => Promise<Value>,
  revision: number | string = 0,
): [value: Value | undefined, reload: () => void] {
  const [value, setValue] = useState<Value>();
  const connected = useApp((state) => state.connection.phase === "connected");
  const reload = useCallback(() => void load().then(setValue, notifyError), [load]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new revision is the reason to read again
  useEffect(() => {
    if (connected) reload();
  }, [connected, reload, revision]);
  return [value, reload];
}
