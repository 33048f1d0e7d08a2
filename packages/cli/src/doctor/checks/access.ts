import { fail, ok } from "@moltworker/protocol/doctor";
import { cannotBeMade, type OutsideCheck } from "../check.ts";
import type { Answer } from "../exchange.ts";

/** A browser passes here after its login; a program needs a service token of its own. */
export const access: OutsideCheck = {
  id: "access",
  title: "Cloudflare Access",
  about:
    "No Cloudflare Access login stands before the assistant, or its service token (`CF_ACCESS_CLIENT_ID`, `CF_ACCESS_CLIENT_SECRET`) is accepted.",
  async run(context) {
    const skip = cannotBeMade(context, ["name", "reachable", "tls"]);
    const reached = await context.reached();
    if (skip || !reached || "broken" in reached) return skip ?? ok("not needed");
    if (!isAccess(reached.answer)) return ok("nothing asks for a login on the way");
    const cause = `Cloudflare Access answers before the assistant (status ${reached.answer.status}), so the rest cannot be seen from here`;
    return fail("ACCESS_BLOCKED", cause, {
      text: "Sign in with a browser to see that Access itself works. For this command make a service token in Zero Trust, allow it by a policy with the action Service Auth, and set CF_ACCESS_CLIENT_ID and CF_ACCESS_CLIENT_SECRET.",
    });
  },
};

function isAccess({ status, headers, body }: Answer): boolean {
  const location = URL.canParse(headers.location ?? "") ? new URL(headers.location ?? "").hostname : "";
  if (status >= 300 && status < 400) return location.endsWith(".cloudflareaccess.com");
  if (status !== 401 && status !== 403) return false;
  return headers["cf-access-domain"] !== undefined || headers["cf-access-aud"] !== undefined || /cloudflare ?access/i.test(body);
}
