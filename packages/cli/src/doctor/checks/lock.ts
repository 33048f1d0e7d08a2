import { existsSync } from "node:fs";
import { fail, ok, skipped, warn } from "@moltworker/protocol/doctor";
import { acquireLock, crashedHolder } from "../../supervisor/lock.ts";
import { findOrphans, reapOrphans } from "../../supervisor/orphans.ts";
import type { LocalTarget, OutsideCheck } from "../check.ts";

const command = "moltworker doctor --fix";

/** A crash leaves a lock that nobody holds, and at worst a server that nobody watches. */
export const lock: OutsideCheck = {
  id: "lock",
  title: "Lock",
  about: "The data folder's lock is held by a live supervisor or by nobody, and no server runs without its supervisor.",
  run({ local }) {
    if (!local) return skipped("the assistant runs elsewhere");
    const { folder, holder } = local;
    if (!existsSync(folder.path)) return skipped(`${folder.path} is made at the first start`);
    if (holder) return ok(`held by process ${holder.pid} since ${holder.since}`);
    const [orphan] = findOrphans(folder);
    if (orphan) {
      const cause = `a server that a crash left behind (pid ${orphan.pid}) still uses the data folder`;
      return fail("LOCK_HELD", cause, { text: "End it; the next start does that too.", command }, true);
    }
    const crashed = crashedHolder(folder.path);
    if (!crashed) return ok("held by nobody");
    const cause = `the lock was left behind by process ${crashed.pid}, which ended without releasing it`;
    return warn("LOCK_HELD", cause, { text: "Release it; the next start does that too.", command }, true);
  },
  async fix({ local }) {
    const { folder } = local as LocalTarget;
    const taken = acquireLock(folder.path);
    try {
      const ended = await reapOrphans(folder);
      return ended.length > 0 ? `ended process ${ended.join(", ")} and released the lock` : "released the lock";
    } finally {
      taken.release();
    }
  },
};
