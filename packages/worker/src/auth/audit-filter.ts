/** What the audit can be asked for, the same in a method and in an address. */

import * as z from "zod";

export const auditFilter = {
  search: z.string().max(200).optional(),
  action: z.string().max(100).optional(),
  who: z.string().max(200).optional(),
  outcome: z.string().max(60).optional(),
  since: z.int().min(0).optional(),
  until: z.int().min(0).optional(),
};
