/** How the page is connected, always with the reason: cause, cure, and when it tries again. */

import { useEffect, useState } from "react";
import { useApp } from "../store/app.ts";
import { retryGateway } from "../store/gateway.ts";
import { sentence } from "../store/notices.ts";

/** A short break is not worth a word. */
const graceMs = 400;

/** The strip above the conversation; there only while the connection is not. */
export function ConnectionStrip() {
  const connection = useApp((state) => state.connection);
  const booted = useApp((state) => state.booted);
  const [now, setNow] = useState(Date.now());
  const waiting = connection.phase === "waiting";
  useEffect(() => {
    if (!waiting) return;
    const timer = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(timer);
  }, [waiting]);
  const settled = useSettled(connection.phase !== "connected" && (booted || waiting), graceMs);
  if (!settled || connection.phase === "connected" || connection.phase === "refused") return null;
  const seconds = waiting ? Math.max(0, Math.ceil((connection.retryAt - now) / 1_000)) : 0;
  return (
    <div
      role="status"
      className="print-hide flex flex-wrap items-center gap-x-3 gap-y-1 border-b border-line bg-honey-wash px-4 py-2 text-sm"
      data-connection={connection.phase}
    >
      <span className="font-medium text-honey">{waiting ? sentence(connection.error.message) : "Connecting…"}</span>
      {waiting && <span>{seconds > 0 ? `Tries again in ${seconds} s.` : "Trying again…"} Nothing you wrote is lost.</span>}
      {waiting && (
        <button type="button" className="ml-auto font-medium text-coral underline underline-offset-2" onClick={retryGateway}>
          Try now
        </button>
      )}
    </div>
  );
}

/** One line for the foot of the sidebar. */
export function ConnectionDot() {
  const connection = useApp((state) => state.connection);
  const version = useApp((state) => state.version);
  const [colour, words] =
    connection.phase === "connected"
      ? ["bg-kelp", `Connected${version ? ` · ${version}` : ""}`]
      : connection.phase === "waiting"
        ? ["bg-honey", "Reconnecting"]
        : connection.phase === "connecting"
          ? ["bg-honey", "Connecting"]
          : ["bg-rose", "Not connected"];
  return (
    <span
      className="flex min-w-0 items-center gap-2 text-xs text-soft"
      title={connection.phase === "waiting" ? connection.error.message : words}
    >
      <span className={`size-2 shrink-0 rounded-full ${colour}`} aria-hidden="true" />
      <span className="truncate">{words}</span>
    </span>
  );
}

function useSettled(value: boolean, delayMs: number): boolean {
  const [settled, setSettled] = useState(false);
  useEffect(() => {
    if (!value) return setSettled(false);
    const timer = setTimeout(() => setSettled(true), delayMs);
    return () => clearTimeout(timer);
  }, [value, delayMs]);
  return settled;
}
