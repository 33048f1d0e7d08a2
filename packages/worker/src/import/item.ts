/** One thing of the source, with what would be done about it. Planning and applying read the same items, so neither can drift. */

import type { ImportLine } from "@moltworker/protocol/import";
import type { Principal } from "../auth/principal.ts";

export interface ImportItem extends ImportLine {
  /** Does it. Absent when there is nothing to do. Doing it twice gives the same result as once. */
  work?(by: Principal): void | Promise<void>;
}

export const lineOf = ({ kind, name, verdict, why }: ImportItem): ImportLine => ({
  kind,
  name,
  verdict,
  ...(why === undefined ? {} : { why }),
});
