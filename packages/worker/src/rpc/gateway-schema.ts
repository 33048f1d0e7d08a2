/** Filters of the call log as parameters. */

import * as z from "zod";

const text = z.string().min(1).max(300).optional();

export const logFilterShape = {
  provider: text,
  model: text,
  tenant: text,
  tokenId: text,
  sessionKey: text,
  channel: text,
  runId: text,
  eventId: text,
  replayOf: text,
  cache: z.enum(["HIT", "MISS", "BYPASS"]).optional(),
  success: z.boolean().optional(),
  status: z.int().min(0).max(599).optional(),
  metadataKey: text,
  metadataValue: text,
  feedback: z.union([z.literal(-1), z.literal(1)]).optional(),
  search: z.string().max(200).optional(),
  since: z.int().min(0).optional(),
  until: z.int().min(0).optional(),
};

export const feedbackShape = {
  feedback: z.union([z.literal(-1), z.literal(1)]).nullish(),
  score: z.number().min(0).max(100).nullish(),
};
