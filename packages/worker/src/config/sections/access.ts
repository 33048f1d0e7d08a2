import * as z from "zod";
import { accessTeam } from "../../auth/access-team.ts";
import { defineSection } from "../section.ts";

/** Cloudflare Access in front of the assistant: whose tokens are believed, and which of its people are the owner. */
export const accessSection = defineSection({
  name: "access",
  schema: z.strictObject({
    /** The team's name, domain or address; null leaves Access out, and its headers mean nothing. */
    teamDomain: z
      .string()
      .max(300)
      .refine(
        (text) => accessTeam(text) !== undefined,
        "must be the team's name or its domain, such as my-team.cloudflareaccess.com",
      )
      .nullable(),
    /** Application audience (AUD) tags; a token must be meant for one of them. */
    audience: z.array(z.string().trim().min(8).max(200)).max(20),
    /** E-mail addresses, `@domains` or names of service tokens; an empty list takes everyone whom Access let in. */
    allowed: z.array(z.string().trim().min(1).max(254)).max(500),
  }),
  defaults: { teamDomain: null, audience: [], allowed: [] },
  seed: (seeds) => ({
    ...(seeds.CF_ACCESS_TEAM_DOMAIN ? { teamDomain: seeds.CF_ACCESS_TEAM_DOMAIN } : {}),
    ...(seeds.CF_ACCESS_AUD ? { audience: seeds.CF_ACCESS_AUD.split(/[\s,]+/).filter((tag) => tag !== "") } : {}),
  }),
});
