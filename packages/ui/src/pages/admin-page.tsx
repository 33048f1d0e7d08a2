/** The admin: a page of its own beside the conversation, with one list of what there is to look after. */

import ArrowLeft from "lucide-react/icons/arrow-left";
import { Suspense } from "react";
import { type AdminPage as Entry, offeredPages } from "../admin/pages.ts";
import { ConnectionStrip } from "../components/connection-line.tsx";
import { Mark } from "../components/mark.tsx";
import { SidebarFoot } from "../components/sidebar.tsx";
import { SuspendedBanner } from "../components/suspended-banner.tsx";
import { useLoaded } from "../components/use-loaded.ts";
import { useApp } from "../store/app.ts";
import { request } from "../store/gateway.ts";
import { go, hashOf } from "../store/route.ts";

export function AdminPage({ id, rest }: { id: string | null; rest: string | null }) {
  const booted = useApp((state) => state.booted);
  const pages = useOfferedPages();
  const current = pages.find((page) => page.id === id) ?? (pages[0] as Entry);
  return (
    <>
      <AdminList pages={pages} current={current.id} />
      <main className="print-flow relative flex min-w-0 flex-1 flex-col">
        <header className="flex min-h-13 items-center gap-3 border-b border-line px-2 md:px-8">
          <BackLink className="md:hidden">
            <span className="sr-only">Back to the conversation</span>
          </BackLink>
          <h1 className="min-w-0 flex-1 truncate font-semibold tracking-tight">
            <span className="max-md:sr-only">{current.name}</span>
            <span aria-hidden="true" className="md:hidden">
              Admin
            </span>
          </h1>
          <PageSelect pages={pages} current={current.id} />
        </header>
        <ConnectionStrip />
        <SuspendedBanner />
        <div className="relative min-h-0 flex-1 overflow-y-auto" data-admin={current.id}>
          <div className="w-full max-w-4xl px-4 py-5 sm:px-8">
            {booted ? (
              <Suspense fallback={<p className="text-sm text-soft">Opening…</p>}>
                <current.View key={current.id} rest={rest} />
              </Suspense>
            ) : (
              <p className="text-sm text-soft">Waiting for the assistant…</p>
            )}
          </div>
        </div>
      </main>
    </>
  );
}

function useOfferedPages(): Entry[] {
  const methods = useApp((state) =>
    state.connection.phase === "connected" ? state.connection.hello.features.methods : undefined,
  );
  return offeredPages(methods);
}

/** How many ask to be let in; a grant that may not see them sees none. */
const countWaiting = async (): Promise<Record<string, number>> => {
  const none = () => 0;
  const [devices, people] = await Promise.all([
    request("device.pair.list", {}, { resend: true }).then(({ pending }) => pending.length, none),
    request("channels.pairing.list", {}, { resend: true }).then(({ requests }) => requests.length, none),
  ]);
  return { access: devices + people, channels: people };
};

/** Wide screens: the column of pages, in the place of the column of conversations. */
function AdminList({ pages, current }: { pages: readonly Entry[]; current: string }) {
  const revision = useApp((state) => state.pairingRevision + state.channelsRevision);
  const [waiting = {}] = useLoaded(countWaiting, revision);
  return (
    <aside
      aria-label="Admin"
      className="print-hide flex w-[15rem] shrink-0 flex-col border-r border-line bg-sunk max-md:hidden lg:w-[17.5rem]"
    >
      <div className="flex items-center gap-2.5 px-4 pb-2 pt-3.5">
        <Mark size={26} />
        <span className="min-w-0 flex-1 truncate text-base font-semibold tracking-tight">Admin</span>
      </div>
      <div className="px-3 py-2">
        <BackLink className="w-full justify-start border border-line bg-raised px-3.5 text-sm text-ink">
          Back to the conversation
        </BackLink>
      </div>
      <nav aria-label="Admin pages" className="min-h-0 flex-1 overflow-y-auto px-3 py-1">
        <ul className="flex flex-col gap-0.5">
          {pages.map(({ id, name, icon: Icon }) => (
            <li key={id}>
              <a
                href={hashOf({ page: "admin", id, rest: null })}
                aria-current={id === current ? "page" : undefined}
                className={`flex items-center gap-2.5 rounded-[0.625rem] px-3 py-1.5 text-sm ${id === current ? "bg-tint font-medium" : "text-soft hover:bg-hover hover:text-ink"}`}
              >
                <Icon size={16} />
                {name}
                {(waiting[id] ?? 0) > 0 && (
                  <span className="ml-auto rounded-full bg-honey-wash px-2 text-xs font-medium text-honey">
                    {waiting[id]} waiting
                  </span>
                )}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      <SidebarFoot />
    </aside>
  );
}

/** Narrow screens: the same list behind one control. */
function PageSelect({ pages, current }: { pages: readonly Entry[]; current: string }) {
  return (
    <select
      aria-label="Admin page"
      className="field max-w-[60%] text-sm md:hidden"
      value={current}
      onChange={(event) => go({ page: "admin", id: event.target.value, rest: null })}
    >
      {pages.map(({ id, name }) => (
        <option key={id} value={id}>
          {name}
        </option>
      ))}
    </select>
  );
}

function BackLink({ className, children }: { className: string; children: React.ReactNode }) {
  const key = useApp((state) => state.currentKey);
  return (
    <a
      href={hashOf({ page: "chat", key: key || null })}
      title="Back to the conversation"
      className={`inline-flex min-h-9 min-w-9 items-center justify-center gap-2 rounded-[0.625rem] text-soft hover:bg-hover hover:text-ink ${className}`}
    >
      <ArrowLeft size={18} aria-hidden="true" />
      {children}
    </a>
  );
}
