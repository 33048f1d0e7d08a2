/** Filters of the session list, shared by the methods that take them. */

import * as z from "zod";

export const sessionsListParams = {
  limit: z.int().min(1).max(1000).optional(),
  offset: z.int().min(0).optional(),
  search: z.string().max(200).optional(),
  agentId: z.string().optional(),
  archived: z.boolean().optional(),
  activeMinutes: z.number().min(0).optional(),
  includeGlobal: z.boolean().optional(),
  includeUnknown: z.boolean().optional(),
  includeDerivedTitles: z.boolean().optional(),
  includeLastMessage: z.boolean().optional(),
  spawnedBy: z.string().optional(),
  label: z.string().optional(),
  sortBy: z.string().optional(),
};
