/** The end of a deployment: waits until the new address answers, asks it for a one-time link and prints it. */

import { Failure } from "../failure.mjs";
import type { DeployDeps } from "./dependencies.ts";

export interface LinkRequest extends Pick<DeployDeps, "say" | "fetch" | "pause"> {
  /** Origin of the deployment. */
  url: string;
  token: string | undefined;
  tokenPath: string;
}

/** A new name takes a while to be known everywhere. */
const TRIES = 40;
const PAUSE_MS = 3_000;

export async function openLink(request: LinkRequest): Promise<void> {
  const { say, url, token } = request;
  if (token === undefined) {
    say(`ready ${url}/`);
    say("Its gateway token is not known here: sign in with it, or make a new one with `npm run deploy -- --new-token`.");
    return;
  }
  const answer = await untilItAnswers(request, token);
  if (guardedByAccess(answer)) {
    say(`ready ${url}/`);
    say("Cloudflare Access guards it: sign in there, and no link is needed.");
    return;
  }
  const body = (await answer.json().catch(() => undefined)) as { code?: string; error?: { message?: string } } | undefined;
  if (!answer.ok || !body?.code)
    throw new Failure(
      "DEPLOY_FAILED",
      `it is deployed at ${url}, but gives no link: ${body?.error?.message ?? `status ${answer.status}`}`,
      "If another token was typed in its settings, use that one; else run `npm run deploy -- --new-token`.",
    );
  say(`ready ${url}/#${body.code}`);
  say(`The link signs you in once, within ten minutes. The gateway token is kept in ${request.tokenPath}.`);
}

async function untilItAnswers({ say, fetch, pause, url }: LinkRequest, token: string): Promise<Response> {
  let last = "no answer";
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    if (attempt === 1) say("Waiting until the new address answers …");
    if (attempt > 0) await pause(PAUSE_MS);
    try {
      const headers = { authorization: `Bearer ${token}` };
      const answer = await fetch(`${url}/api/host/link`, { method: "POST", headers, redirect: "manual" });
      // Until the name and the version are everywhere, Cloudflare itself answers, and not in JSON.
      if (guardedByAccess(answer) || isOurs(answer)) return answer;
      last = `status ${answer.status}`;
      await answer.body?.cancel();
    } catch (error) {
      last = error instanceof Error ? error.message : String(error);
    }
  }
  throw new Failure(
    "DEPLOY_FAILED",
    `it is deployed, but ${url} does not answer yet (${last})`,
    "Wait a minute, then run `npm run deploy` again.",
  );
}

const isOurs = (answer: Response) => answer.headers.get("content-type")?.startsWith("application/json") === true;

function guardedByAccess(answer: Response): boolean {
  const location = answer.headers.get("location") ?? "";
  return answer.status >= 300 && answer.status < 400 && /\.cloudflareaccess\.com\/|\/cdn-cgi\/access\//.test(location);
}
