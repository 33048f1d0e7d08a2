/** Who is let in, and the ways to let somebody in or nobody any more. */

import { useState } from "react";
import { useApp } from "../store/app.ts";
import { setSuspended } from "../store/sessions.ts";
import { Button } from "./button.tsx";
import { AuditAccess } from "./settings-access-audit.tsx";
import { BrowserAccess } from "./settings-access-browsers.tsx";
import { DeviceAccess } from "./settings-access-devices.tsx";
import { GatewayTokenAccess } from "./settings-access-gateway.tsx";
import { Part } from "./settings-access-part.tsx";
import { TokenAccess } from "./settings-access-tokens.tsx";

export function AccessSettings() {
  const version = useApp((state) => state.version);
  const suspended = useApp((state) => state.suspended);
  const [rotations, setRotations] = useState(0);
  return (
    <div className="flex flex-col gap-9">
      <DeviceAccess />
      <TokenAccess />
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
      <AuditAccess />
      <p className="text-sm text-soft">Moltworker {version}</p>
    </div>
  );
}
