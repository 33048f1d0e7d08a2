/** The talk: one conversation, its field, and beside it the card for a first key. */

import { useEffect } from "react";
import { Announcer } from "../components/announcer.tsx";
import { ApprovalDock } from "../components/approval-dock.tsx";
import { Button } from "../components/button.tsx";
import { ChatHeader } from "../components/chat-header.tsx";
import { preloadPalette } from "../components/command-palette.tsx";
import { Composer } from "../components/composer.tsx";
import { ConnectionStrip } from "../components/connection-line.tsx";
import { EmptyState } from "../components/empty-state.tsx";
import { preloadMarkdown } from "../components/markdown.tsx";
import { SetupCard, SetupStrip } from "../components/setup-card.tsx";
import { SuspendedBanner } from "../components/suspended-banner.tsx";
import { Transcript } from "../components/transcript.tsx";
import { threadOf, useApp } from "../store/app.ts";
import { loadThread } from "../store/gateway.ts";
import { sentence } from "../store/notices.ts";

/** The first screen goes first. */
const preloadAfterMs = 300;

export function ChatPage() {
  const key = useApp((state) => state.currentKey || state.mainKey);
  useEffect(() => {
    preloadMarkdown();
    const timer = setTimeout(preloadPalette, preloadAfterMs);
    return () => clearTimeout(timer);
  }, []);
  return (
    <>
      <ChatHeader sessionKey={key} />
      <ConnectionStrip />
      <SuspendedBanner />
      <div className="print-flow flex min-h-0 flex-1">
        <div className="print-flow flex min-w-0 flex-1 flex-col">
          <Conversation sessionKey={key} />
          <div className="print-hide soft-edge mx-auto w-full max-w-[47rem] px-3 pb-[max(0.75rem,env(safe-area-inset-bottom))] pt-1 sm:px-6 sm:pb-5">
            <ApprovalDock sessionKey={key} />
            <SetupStrip />
            <Composer key={key} sessionKey={key} />
          </div>
        </div>
        <SetupCard />
      </div>
      <Announcer key={key} sessionKey={key} />
    </>
  );
}

function Conversation({ sessionKey }: { sessionKey: string }) {
  const booted = useApp((state) => state.booted);
  const load = useApp((state) => threadOf(state, sessionKey).load);
  const error = useApp((state) => threadOf(state, sessionKey).loadError);
  const blank = useApp((state) => {
    const thread = threadOf(state, sessionKey);
    return thread.messages.length + thread.outgoing.length + thread.pending.length === 0 && thread.run === null;
  });
  if (error) {
    return (
      <div role="alert" className="m-auto max-w-md p-6 text-center">
        <p className="font-medium">{sentence(error.message)}</p>
        <p className="mb-4 text-sm text-soft">{error.hint}</p>
        <Button onClick={() => loadThread(sessionKey)}>Try again</Button>
      </div>
    );
  }
  if (blank && booted && load === "loaded") return <EmptyState sessionKey={sessionKey} />;
  if (blank) return <div className="flex-1" aria-busy="true" />;
  return <Transcript key={sessionKey} sessionKey={sessionKey} />;
}
