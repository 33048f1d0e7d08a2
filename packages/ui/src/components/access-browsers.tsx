/** Browsers that are signed in: which, from where, and the way to let one or all of them in no more. */

import type { SignInWay } from "@moltworker/protocol/rows";
import { useState } from "react";
import { dateTimeText } from "../store/format.ts";
import { request } from "../store/gateway.ts";
import { notify, notifyError } from "../store/notices.ts";
import { Part, Row, Rows } from "./access-part.tsx";
import { Button } from "./button.tsx";
import { ConfirmDialog } from "./confirm-dialog.tsx";
import { useLoaded } from "./use-loaded.ts";

const load = () => request("auth.sessions.list", {}, { resend: true });

export function BrowserAccess({ revision }: { revision: number }) {
  const [list, reload] = useLoaded(load, revision);
  const [asking, setAsking] = useState(false);
  const end = (id: string) =>
    request("auth.sessions.end", { id })
      .then(() => notify("Signed out there."), notifyError)
      .finally(reload);
  return (
    <Part
      title="Signed-in browsers"
      about={
        <>
          Signing out everywhere ends this one too and closes all connections at once. A passkey or a fresh link (
          <code className="font-mono">npx moltworker link</code>) lets you in again.
        </>
      }
    >
      {list && list.sessions.length > 0 && (
        <Rows label="Signed-in browsers">
          {list.sessions.map((one) => (
            <Row key={one.id} name={browserOf(one.agent)} facts={factsOf(one)} {...(one.current ? { mark: "this one" } : {})}>
              {!one.current && <Button onClick={() => void end(one.id)}>Sign out</Button>}
            </Row>
          ))}
        </Rows>
      )}
      <Button look="danger" className="mt-3" onClick={() => setAsking(true)}>
        Sign out everywhere
      </Button>
      <ConfirmDialog
        open={asking}
        title="Sign out everywhere?"
        text="You will need a fresh link, here as well."
        action="Sign out"
        onConfirm={() => void request("auth.signOutEverywhere", {}).catch(notifyError)}
        onClose={() => setAsking(false)}
      />
    </Part>
  );
}

const ways: Record<SignInWay, string> = { link: "by a link", token: "with the gateway token", passkey: "with a passkey" };

function factsOf(one: { address: string | null; by: SignInWay; createdAt: number; usedAt: number }): string {
  return [one.address, `signed in ${ways[one.by]} ${dateTimeText(one.createdAt)}`, `last seen ${dateTimeText(one.usedAt)}`]
    .filter(Boolean)
    .join(" · ");
}

const browsers: [RegExp, string][] = [
  [/Edg\//, "Edge"],
  [/OPR\//, "Opera"],
  [/Firefox\//, "Firefox"],
  [/Chrome\//, "Chrome"],
  [/Safari\//, "Safari"],
];
const systems: [RegExp, string][] = [
  [/Android/, "Android"],
  [/iPhone|iPad/, "iOS"],
  [/Mac OS X/, "macOS"],
  [/Windows/, "Windows"],
  [/Linux/, "Linux"],
];

/** "Firefox on Linux", as far as the browser says so. */
export function browserOf(agent: string | null): string {
  const find = (list: [RegExp, string][]) => list.find(([pattern]) => agent && pattern.test(agent))?.[1];
  const [browser, system] = [find(browsers), find(systems)];
  return browser ? `${browser}${system ? ` on ${system}` : ""}` : "A browser";
}
