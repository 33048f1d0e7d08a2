/** Which page is shown: the talk, settings, the admin, or the panel of a refusal. */

import { lazy, Suspense, useEffect } from "react";
import { CommandPalette } from "./components/command-palette.tsx";
import { Notices } from "./components/notices.tsx";
import { Sidebar } from "./components/sidebar.tsx";
import { useTitle } from "./components/use-title.ts";
import { ChatPage } from "./pages/chat-page.tsx";
import { RefusedPage } from "./pages/refused-page.tsx";
import { useApp } from "./store/app.ts";
import { markRead } from "./store/gateway.ts";
import { useRoute } from "./store/route.ts";
import { openSession } from "./store/sessions.ts";

const AdminPage = lazy(() => import("./pages/admin-page.tsx").then((module) => ({ default: module.AdminPage })));
const SettingsPage = lazy(() => import("./pages/settings-page.tsx").then((module) => ({ default: module.SettingsPage })));

export function App() {
  const route = useRoute();
  const refused = useApp((state) => state.refusal);
  const mainKey = useApp((state) => state.mainKey);
  const booted = useApp((state) => state.booted);
  const key = route.page === "chat" ? (route.key ?? mainKey) : null;
  useTitle();

  useEffect(() => {
    if (key && booted) openSession(key);
  }, [key, booted]);

  useEffect(() => {
    const onShow = () => key && markRead(key);
    document.addEventListener("visibilitychange", onShow);
    return () => document.removeEventListener("visibilitychange", onShow);
  }, [key]);

  if (refused) return <RefusedPage error={refused} />;
  return (
    <div className="print-flow flex h-full">
      {route.page === "admin" ? (
        <Suspense fallback={null}>
          <AdminPage id={route.id} rest={route.rest} />
        </Suspense>
      ) : (
        <>
          <Sidebar />
          <main className="print-flow relative flex min-w-0 flex-1 flex-col">
            {route.page === "settings" ? (
              <Suspense fallback={null}>
                <SettingsPage tab={route.tab} />
              </Suspense>
            ) : (
              <ChatPage />
            )}
          </main>
        </>
      )}
      <CommandPalette />
      <Notices />
    </div>
  );
}
