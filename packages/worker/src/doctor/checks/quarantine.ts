import { ok, warn } from "@moltworker/protocol/doctor";
import type { AssistantCheck } from "../check.ts";

/** Rows that could not be read are out of the way, and somebody should know. Settings have a check of their own. */
export const quarantine: AssistantCheck = {
  id: "quarantine",
  title: "Quarantine",
  about: "No row had to be taken aside because it could not be read.",
  run({ db }) {
    const found = db.all<{ source: string; n: number }>(
      "SELECT source, count(*) AS n FROM quarantine WHERE source <> 'config' GROUP BY source ORDER BY n DESC LIMIT 10",
    );
    if (found.length === 0) return ok("nothing is in quarantine");
    return warn(
      "STORAGE_CORRUPT",
      `could not be read and was taken aside: ${found.map(({ source, n }) => `${n} of ${source}`).join(", ")}`,
      { text: "Compare with the last good snapshot, and restore what is missing from it.", open: "#/admin/snapshots" },
    );
  },
};
