import { fail, ok, skipped, warn } from "@moltworker/protocol/doctor";
import { cannotBeMade, type OutsideCheck } from "../check.ts";

const local = /^(localhost|.*\.(localhost|local|lan|internal|home\.arpa)|\[.*\]|\d+(\.\d+){3}|[^.]+)$/;

export const tls: OutsideCheck = {
  id: "tls",
  title: "Encryption",
  about: "The certificate is accepted; over the open network the address begins with https.",
  async run(context) {
    const skip = cannotBeMade(context, ["name", "reachable"]);
    const reached = await context.reached();
    if (skip || !reached || !context.url) return skip ?? skipped("nothing runs here");
    const { protocol, hostname, host } = context.url;
    if ("broken" in reached && reached.broken.kind === "tls") {
      const cause = `the certificate of ${host} is not accepted: ${reached.broken.words}`;
      return fail("TLS_FAILED", cause, { text: "Renew the certificate, or use the name that it was made for." });
    }
    if (protocol === "https:") return ok("the certificate is accepted");
    if (local.test(hostname)) return skipped("not needed on this machine or in this network");
    return warn("TLS_FAILED", `${host} is a public name, and everything goes there in the clear`, {
      text: "Put a proxy with HTTPS before the assistant.",
    });
  },
};
