import { ok, skipped, warn } from "@moltworker/protocol/doctor";
import { cannotBeMade, type OutsideCheck } from "../check.ts";

export const versionBehind: OutsideCheck = {
  id: "version",
  title: "Version",
  about: "The assistant runs a version that is not older than this command's.",
  async run(context) {
    const skip = cannotBeMade(context, ["name", "reachable", "tls", "access", "product", ...(context.local ? [] : ["token"])]);
    if (skip) return skip;
    const report = await context.report().catch(() => undefined);
    const theirs = report?.version ?? context.local?.run?.version;
    if (theirs === undefined) return skipped("the assistant told its version to nobody who is not signed in");
    if (!isOlder(theirs, context.version)) return ok(theirs);
    const text = context.local ? "Stop the assistant and start it again: the newer one is installed." : "Deploy it again.";
    const command = context.local ? "moltworker stop && npm start" : "npm run deploy";
    return warn("PROTOCOL_MISMATCH", `the assistant runs ${theirs}, this command is ${context.version}`, { text, command });
  },
};

/** By its three numbers; what follows them does not count. */
function isOlder(one: string, other: string): boolean {
  const [left, right] = [numbersOf(one), numbersOf(other)];
  const place = left.findIndex((number, at) => number !== right[at]);
  return place !== -1 && (left[place] ?? 0) < (right[place] ?? 0);
}

function numbersOf(version: string): number[] {
  const found = /^(\d+)\.(\d+)\.(\d+)/.exec(version);
  return found ? found.slice(1).map(Number) : [0, 0, 0];
}
