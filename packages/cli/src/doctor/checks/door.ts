import { fail, ok } from "@moltworker/protocol/doctor";
import { errorFromWire } from "@moltworker/protocol/errors";
import { cannotBeMade, type OutsideCheck } from "../check.ts";

/** Asked without any credential: what stands in front may add one, a wrong one that shuts everybody out or a good one that lets everybody in. */
export const door: OutsideCheck = {
  id: "door",
  title: "What stands in front",
  about:
    "Whoever comes without a credential is nobody: nothing in front adds a good one, and no Cloudflare Access token that is refused.",
  async run(context) {
    const skip = cannotBeMade(context, ["name", "reachable", "tls", "access", "product"]);
    const reached = await context.stranger();
    if (skip || !reached || "broken" in reached) return skip ?? ok("not needed");
    const { json } = reached.answer;
    if (json?.signedIn === true && !context.showsServiceToken)
      return fail("DOOR_OPEN", `whoever reaches ${context.url?.origin} is signed in, without a credential of their own`, {
        text: "Take the credential (Authorization, Cookie or Cf-Access-Jwt-Assertion) out of what the proxy adds, then replace it: Admin, Access.",
      });
    const error = json?.error ? errorFromWire(json.error) : undefined;
    if (error?.code === "ACCESS_JWT_INVALID") return fail(error.code, error.message, { text: error.hint });
    return ok("who comes without a credential is nobody");
  },
};
