/** The gateway token: replaced here, by one of your own or a new one. It is never read back. */

import { type MoltError, moltErrorFrom } from "@moltworker/protocol/errors";
import { useState } from "react";
import { request } from "../store/gateway.ts";
import { notify, sentence } from "../store/notices.ts";
import { Part } from "./access-part.tsx";
import { SecretShown } from "./access-secret.tsx";
import { Button } from "./button.tsx";
import { ConfirmDialog } from "./confirm-dialog.tsx";

export function GatewayTokenAccess({ onDone }: { onDone(): void }) {
  const [typed, setTyped] = useState("");
  const [asking, setAsking] = useState(false);
  const [made, setMade] = useState<string | null>(null);
  const [error, setError] = useState<MoltError | null>(null);
  const own = typed.trim() !== "";
  const rotate = async () => {
    setError(null);
    try {
      const { token, notes } = await request("auth.gatewayToken.rotate", own ? { token: typed } : {});
      setTyped("");
      setMade(token ?? null);
      notify("The gateway token was replaced.", "info", notes.join(" ") || undefined);
    } catch (cause) {
      setError(moltErrorFrom(cause));
    }
    onDone();
  };
  return (
    <Part
      title="Gateway token"
      about="The one secret that opens everything, for programs without a device of their own. Replaced, the old one is dead at once; on a machine of your own the file gateway-token follows."
    >
      {made && <SecretShown label="The new gateway token" secret={made} onClose={() => setMade(null)} />}
      <div className="flex flex-wrap items-end gap-2">
        <label className="flex min-w-52 flex-1 flex-col gap-1 text-sm">
          <span className="text-soft">One of your own (or leave it empty)</span>
          <input
            type="password"
            name="new-gateway-token"
            autoComplete="new-password"
            className="field font-mono"
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
          />
        </label>
        <Button onClick={() => setAsking(true)}>{own ? "Use this one" : "Make a new one"}</Button>
      </div>
      {error && (
        <p role="alert" className="mt-2 text-sm text-rose" data-error={error.code}>
          {sentence(error.message)}. <span className="text-ink">{error.hint}</span>
        </p>
      )}
      <ConfirmDialog
        open={asking}
        title="Replace the gateway token?"
        text="Programs and browsers that came with the old one are shut out at once. This page stays signed in."
        action="Replace it"
        onConfirm={() => void rotate()}
        onClose={() => setAsking(false)}
      />
    </Part>
  );
}
