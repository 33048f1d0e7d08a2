import { fail, ok, skipped } from "@moltworker/protocol/doctor";
import { corruptStorage } from "../../supervisor/start-failure.ts";
import type { OutsideCheck } from "../check.ts";

/** By the files' own first bytes, so it works while nothing runs; the assistant looks deeper into its own database. */
export const database: OutsideCheck = {
  id: "database",
  title: "Database files",
  about: "Every database file in the data folder begins as SQLite's files do.",
  run({ local }) {
    if (!local) return skipped("the assistant runs elsewhere");
    const damage = corruptStorage(local.folder.objects, []);
    return damage ? fail("STORAGE_CORRUPT", damage.message, { text: damage.hint }) : ok("no file is damaged at its head");
  },
};
