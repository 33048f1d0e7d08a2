/** Who is let in, and the ways to let somebody in or nobody any more. */

import { useState } from "react";
import { BrowserAccess } from "../components/access-browsers.tsx";
import { DeviceAccess } from "../components/access-devices.tsx";
import { GatewayTokenAccess } from "../components/access-gateway.tsx";
import { Part } from "../components/access-part.tsx";
import { PasskeyAccess } from "../components/access-passkeys.tsx";
import { TokenAccess } from "../components/access-tokens.tsx";
import { ApprovalQueue } from "../components/approval-queue.tsx";
import { Button } from "../components/button.tsx";
import { useApp } from "../store/app.ts";
import { setSuspended } from "../store/sessions.ts";

export function AccessPage() {
  const suspended = useApp((state) => state.suspended);
  const [rotations, setRotations] = useState(0);
  return (
    <div className="flex flex-col gap-9">
      <ApprovalQueue />
      <DeviceAccess />
      <TokenAccess />
      <PasskeyAccess onRemoved={() => setRotations((count) => count + 1)} />
      <BrowserAccess revision={rotations} />
      <GatewayTokenAccess onDone={() => setRotations((count) => count + 1)} />
      <Part
        title="STOP"
        about="Halts every run and every tool within a second, outside the model's reach. Nothing starts again until you resume."
      >
        <Button look={suspended ? "primary" : "danger"} onClick={() => setSuspended(!suspended)}>
          {suspended ? "Resume" : "STOP everything"}
        </Button>
      </Part>
    </div>
  );
}
