import { readFileSync } from "node:fs";
import { fail, ok, skipped } from "@moltworker/protocol/doctor";
import { errorFromWire } from "@moltworker/protocol/errors";
import { tokenPath } from "../../supervisor/data-folder.ts";
import { followGatewayToken } from "../../supervisor/token-file.ts";
import { cannotBeMade, type LocalTarget, type OutsideCheck } from "../check.ts";

/** Sent only once it is known who listens; the assistant itself says when a secret of another kind was given. */
export const token: OutsideCheck = {
  id: "token",
  title: "Gateway token",
  about: "The assistant accepts the token of the data folder, or the one given by `--token-stdin`.",
  async run(context) {
    const skip = cannotBeMade(context, ["name", "reachable", "tls", "access", "product"]);
    if (skip) return skip;
    if (context.token === undefined)
      return skipped(context.local ? "see token-file" : "no token was given: pipe it to the command with --token-stdin");
    const reached = await context.identity();
    if (!reached || "broken" in reached)
      return fail("UNAVAILABLE", "the assistant did not answer to the token", { text: "Ask again in a moment." });
    const { json, status } = reached.answer;
    if (json?.signedIn === true) return ok("it is accepted");
    const error = json?.error ? errorFromWire(json.error) : undefined;
    const cause = error?.message ?? `the assistant answered the token with status ${status}`;
    const isKept =
      context.local?.run !== undefined && readFileSync(tokenPath(context.local.folder), "utf8").trim() === context.token;
    if (isKept) {
      const cure = { text: "Write the assistant's token into the file again.", command: "moltworker doctor --fix" };
      return fail(error?.code ?? "AUTH_TOKEN_MISMATCH", cause, cure, true);
    }
    const text = error?.hint ?? "Use the token that the assistant was started with.";
    return fail(error?.code ?? "AUTH_TOKEN_MISMATCH", cause, {
      text,
    });
  },
  async fix({ local }) {
    const { folder, run } = local as LocalTarget;
    if (run) await followGatewayToken(folder, run);
    return `${tokenPath(folder)} holds the assistant's token again`;
  },
};
