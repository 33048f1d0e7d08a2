/** Webhooks that come in below `/hooks/`: on or off, their token and secrets, what came in last. */

import type { HookRow } from "@moltworker/protocol/hooks";
import { useState } from "react";
import { dateTimeText } from "../store/format.ts";
import { request } from "../store/gateway.ts";
import { notify, notifyError } from "../store/notices.ts";
import { hashOf } from "../store/route.ts";
import { Nothing, Part, Row, Rows } from "./access-part.tsx";
import { SecretShown } from "./access-secret.tsx";
import { Button } from "./button.tsx";
import { CopyButton } from "./copy-button.tsx";
import { useLoaded } from "./use-loaded.ts";

const loadStatus = () => request("hooks.status", {}, { resend: true });
const loadDeliveries = () => request("hooks.deliveries.list", { limit: 30 }, { resend: true });

export function ChannelHooks() {
  const [status, reload] = useLoaded(loadStatus);
  const [made, setMade] = useState<{ label: string; secret: string } | null>(null);
  const show = (label: string, work: Promise<{ token?: string; secret?: string }>) =>
    void work.then(({ token, secret }) => setMade({ label, secret: token ?? secret ?? "" }), notifyError).finally(reload);
  if (!status) return null;
  return (
    <div className="flex flex-col gap-9">
      <Part
        title="Webhooks in"
        about={
          <>
            Other programs start a run with a signed post. <code className="font-mono">/hooks/agent</code> and{" "}
            <code className="font-mono">/hooks/wake</code> take OpenClaw's shapes; mappings of your own are made under
            Configuration, <code className="font-mono">hooks.mappings</code>.
          </>
        }
      >
        {made && <SecretShown label={made.label} secret={made.secret} onClose={() => setMade(null)} />}
        <div className="mb-3 flex flex-wrap gap-2">
          <Button
            key={String(status.enabled)}
            look={status.enabled ? "plain" : "primary"}
            onClick={() => void setEnabled(!status.enabled).finally(reload)}
          >
            {status.enabled ? "Switch webhooks off" : "Switch webhooks on"}
          </Button>
          <Button onClick={() => show("The new hook token", request("hooks.token.rotate", {}))}>
            {status.hasToken ? "Replace the hook token" : "Make the hook token"}
          </Button>
        </div>
        <Rows label="Webhooks">
          {status.hooks.map((hook) => (
            <Hook
              key={hook.name}
              hook={hook}
              onMake={() => show(`The secret of ${hook.name}`, request("hooks.secret.set", { name: hook.name }))}
            />
          ))}
        </Rows>
      </Part>
      <Deliveries />
    </div>
  );
}

function Hook({ hook, onMake }: { hook: HookRow; onMake(): void }) {
  const url = new URL(hook.path, location.origin).href;
  const isLive = hook.enabled && hook.hasSecret;
  const why = !hook.enabled ? "off" : hook.hasSecret ? null : "answers 404: it has no secret";
  const facts = [
    hook.verify === "token" ? "hook token" : `${hook.verify} signature`,
    why,
    hook.lastAt === null ? "nothing came in yet" : `last ${dateTimeText(hook.lastAt)}`,
  ];
  return (
    <Row name={hook.path} facts={facts.filter(Boolean).join(" · ")} {...(isLive ? { mark: "ready" } : {})}>
      <CopyButton text={url} label={`Copy the address of ${hook.name}`} />
      {hook.verify !== "token" && (
        <Button aria-label={`${hook.hasSecret ? "Replace" : "Make"} the secret of ${hook.name}`} onClick={onMake}>
          {hook.hasSecret ? "Replace its secret" : "Make its secret"}
        </Button>
      )}
    </Row>
  );
}

function Deliveries() {
  const [list] = useLoaded(loadDeliveries);
  if (!list) return null;
  return (
    <Part title="What came in" about="Each delivery once; a repeat changes nothing.">
      {list.deliveries.length === 0 && <Nothing>Nothing yet.</Nothing>}
      {list.deliveries.length > 0 && (
        <Rows label="Deliveries">
          {list.deliveries.map((one) => (
            <Row
              key={one.id}
              name={one.hook}
              mark={one.runId === null ? "noted" : (one.runState ?? "gone")}
              facts={[dateTimeText(one.receivedAt), one.handed ? `answer: ${one.handed}` : null].filter(Boolean).join(" · ")}
            >
              <a
                className="inline-flex min-h-9 items-center rounded-[0.625rem] border border-line px-3.5 text-sm hover:bg-hover"
                href={hashOf({ page: "chat", key: one.sessionKey })}
              >
                Open it
              </a>
            </Row>
          ))}
        </Rows>
      )}
    </Part>
  );
}

async function setEnabled(enabled: boolean): Promise<void> {
  try {
    const { hash } = await request("config.get", {}, { resend: true });
    await request("config.patch", { raw: JSON.stringify({ hooks: { enabled } }), baseHash: hash });
    notify(enabled ? "Webhooks are on." : "Webhooks are off.");
  } catch (error) {
    notifyError(error);
  }
}
