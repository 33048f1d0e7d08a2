import { fail, ok } from "@moltworker/protocol/doctor";
import { errorFromWire } from "@moltworker/protocol/errors";
import { cannotBeMade, type OutsideCheck } from "../check.ts";
import type { Answer, Reached } from "../exchange.ts";

/** Before any secret is sent: what answers is the assistant, and it is ready. */
export const product: OutsideCheck = {
  id: "product",
  title: "The assistant itself",
  about: "What answers at the address is Moltworker, it answers to that name, and it is ready to work.",
  async run(context) {
    const skip = cannotBeMade(context, ["name", "reachable", "tls", "access"]);
    const reached = await context.reached();
    if (skip || !reached || "broken" in reached) return skip ?? ok("not needed");
    const { answer } = reached;
    // Readiness alone proves nothing: other gateways have the same route with the same words.
    if (answer.status === 200 && answer.json?.ready === true && isOurs(await context.stranger())) return ok("it is ready");
    if (isOurError(answer)) {
      const error = errorFromWire(answer.json?.error);
      return fail(error.code, error.message, { text: error.hint });
    }
    return fail("NOT_MOLTWORKER", `${whatAnswers(answer)} answers at ${context.url?.origin}, and it is not Moltworker`, {
      text: "Check the address and the port; behind a proxy, check where it sends this host name.",
    });
  },
};

function isOurs(reached: Reached | undefined): boolean {
  const json = reached && "answer" in reached ? reached.answer.json : undefined;
  return typeof json?.signedIn === "boolean" && typeof json.kind === "string";
}

function isOurError({ json }: Answer): boolean {
  const details = (json?.error as { details?: { code?: unknown } } | undefined)?.details;
  return typeof details?.code === "string";
}

function whatAnswers({ status, headers }: Answer): string {
  const server = typeof headers.server === "string" ? ` (${headers.server.slice(0, 60)})` : "";
  return `another program${server}, status ${status},`;
}
