/** Which Cloudflare account to deploy to: signed in, and unmistakable. */

import { Failure } from "../failure.mjs";
import type { DeployDeps } from "./dependencies.ts";

export interface Account {
  id: string;
  name: string;
}

interface WhoAmI {
  loggedIn?: boolean;
  accounts?: Account[];
}

/** Signs in when nobody is, and asks when there are several. Throws DEPLOY_FAILED with the cure where nobody can answer. */
export async function findAccount(deps: Pick<DeployDeps, "wrangler" | "questions" | "environment">): Promise<Account> {
  const { wrangler, questions, environment } = deps;
  let who = await whoAmI(deps);
  if (
    !who.loggedIn &&
    questions.possible &&
    (await questions.confirm("Nobody is signed in to Cloudflare here. Open the browser to sign in?", false))
  ) {
    await wrangler.run(["login"], { interactive: true });
    who = await whoAmI(deps);
  }
  if (!who.loggedIn)
    throw new Failure(
      "DEPLOY_FAILED",
      "nobody is signed in to Cloudflare here",
      "Run `npx wrangler login`, or set CLOUDFLARE_API_TOKEN (and CLOUDFLARE_ACCOUNT_ID), then run `npm run deploy` again.",
    );
  const accounts = who.accounts ?? [];
  const wanted = environment.CLOUDFLARE_ACCOUNT_ID?.trim();
  if (wanted) return accounts.find(({ id }) => id === wanted) ?? { id: wanted, name: wanted };
  const names = accounts.map(({ id, name }) => `${name} (${id})`);
  const chosen = accounts.length === 1 ? 0 : await questions.choose("Deploy to which account?", names);
  const account = chosen === undefined ? undefined : accounts[chosen];
  if (account) return account;
  throw new Failure(
    "DEPLOY_FAILED",
    accounts.length === 0
      ? "this sign-in reaches no Cloudflare account"
      : `this sign-in reaches several accounts: ${names.join(", ")}`,
    "Set CLOUDFLARE_ACCOUNT_ID to the one to deploy to.",
  );
}

async function whoAmI({ wrangler }: Pick<DeployDeps, "wrangler">): Promise<WhoAmI> {
  const { stdout } = await wrangler.run(["whoami", "--json"]);
  try {
    return JSON.parse(stdout.slice(stdout.indexOf("{"))) as WhoAmI;
  } catch {
    return { loggedIn: false };
  }
}
