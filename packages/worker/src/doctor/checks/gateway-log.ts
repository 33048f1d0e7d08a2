import { ok, warn } from "@moltworker/protocol/doctor";
import type { AssistantCheck } from "../check.ts";

/** The share of its limit at which old rows will soon go. */
const nearlyFull = 0.95;

/** The log of model calls deletes its oldest rows when it is full: whoever wants to look back should know before. */
export const gatewayLog: AssistantCheck = {
  id: "gateway-log",
  title: "Log of model calls",
  about: "The log of model calls has room left, so that rows live as long as the settings say.",
  run({ db, config }) {
    const { maxRows, maxMegabytes, keepDays } = config.get("limits").log;
    const size = db.one<{ rows: number; bytes: number }>(
      "SELECT count(*) AS rows, coalesce(sum(size), 0) AS bytes FROM gateway_calls",
    ) ?? { rows: 0, bytes: 0 };
    const share = Math.max(size.rows / maxRows, size.bytes / (maxMegabytes * 1_048_576));
    const text = `${size.rows} rows, ${(size.bytes / 1_048_576).toFixed(1)} MB`;
    if (share < nearlyFull) return ok(`the log of model calls has ${text}`);
    return warn("DISK_FULL", `the log of model calls is full (${text}), so rows go before their ${keepDays} days are over`, {
      text: "Raise limits.log.maxRows or maxMegabytes, keep no bodies, or live with the newest rows.",
      open: "#/admin/configuration/limits",
    });
  },
};
