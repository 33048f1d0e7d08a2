/** Who is let in, and the way to let nobody in any more. */

import { useState } from "react";
import { useApp } from "../store/app.ts";
import { request } from "../store/gateway.ts";
import { notifyError } from "../store/notices.ts";
import { setSuspended } from "../store/sessions.ts";
import { Button } from "./button.tsx";
import { ConfirmDialog } from "./confirm-dialog.tsx";

export function AccessSettings() {
  const version = useApp((state) => state.version);
  const suspended = useApp((state) => state.suspended);
  const [asking, setAsking] = useState(false);
  const signOut = () => void request("auth.signOutEverywhere", {}).catch(notifyError);
  return (
    <div className="flex flex-col gap-8">
      <section>
        <h2 className="font-semibold">Signed-in browsers</h2>
        <p className="mb-3 max-w-prose text-sm text-soft">
          This ends every browser session, this one too, and closes their connections at once. A fresh link (
          <code className="font-mono">npx moltworker link</code>) lets you in again.
        </p>
        <Button look="danger" onClick={() => setAsking(true)}>
          Sign out everywhere
        </Button>
      </section>
      <section>
        <h2 className="font-semibold">STOP</h2>
        <p className="mb-3 max-w-prose text-sm text-soft">
          Halts every run and every tool within a second, outside the model's reach. Nothing starts again until you resume.
        </p>
        <Button look={suspended ? "primary" : "danger"} onClick={() => setSuspended(!suspended)}>
          {suspended ? "Resume" : "STOP everything"}
        </Button>
      </section>
      <p className="text-sm text-soft">Moltworker {version}</p>
      <ConfirmDialog
        open={asking}
        title="Sign out everywhere?"
        text="You will need a fresh link, here as well."
        action="Sign out"
        onConfirm={signOut}
        onClose={() => setAsking(false)}
      />
    </div>
  );
}
