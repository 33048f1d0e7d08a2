/** For ears: what a sighted person sees happen. Whole answers, not every word of the stream. */

import { useEffect, useRef, useState } from "react";
import { threadOf, useApp } from "../store/app.ts";
import { textOf } from "../store/turns.ts";

const spokenChars = 400;

export function Announcer({ sessionKey }: { sessionKey: string }) {
  const running = useApp((state) => threadOf(state, sessionKey).run !== null);
  const last = useApp((state) => threadOf(state, sessionKey).messages.at(-1));
  const waits = useApp((state) => state.approvals.filter((approval) => approval.request.sessionKey === sessionKey).length);
  const name = useApp((state) => state.assistantName) || "The assistant";
  const [words, setWords] = useState("");
  const ran = useRef(running);
  useEffect(() => {
    if (running && !ran.current) setWords(`${name} is working.`);
    if (!running && ran.current && last?.role === "assistant") setWords(`${name} says: ${textOf(last).slice(0, spokenChars)}`);
    ran.current = running;
  }, [running, last, name]);
  useEffect(() => {
    if (waits > 0) setWords(`${name} waits for your approval. Alt Y approves, Alt N denies.`);
  }, [waits, name]);
  return (
    <p aria-live="polite" className="sr-only">
      {words}
    </p>
  );
}
