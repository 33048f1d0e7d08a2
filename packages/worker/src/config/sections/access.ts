import * as z from "zod";
import { accessTeam } from "../../auth/access-team.ts";
import { defineSection } from "../section.ts";

/** Cloudflare Access in front of the assistant: whose tokens are believed, and which of its people are the owner. */
export const accessSection = defineSection({
  name: "access",
  schema: z
    .strictObject({
      teamDomain: z
        .string()
        .max(300)
        .refine(
          (text) => accessTeam(text) !== undefined,
          "must be the team's name or its domain, such as my-team.cloudflareaccess.com",
        )
        .nullable()
        .describe("The team's name, domain or address. Not set: Access is left out, and its headers mean nothing."),
      audience: z.array(z.string().trim().min(8).max(200)).max(20).meta({
        title: "Application audience (AUD)",
        description: "AUD tags of the Access application; a token must be meant for one of them.",
      }),
      allowed: z.array(z.string().trim().min(1).max(254)).max(500).meta({
        title: "Who is the owner",
        description: "E-mail addresses, `@domains` or names of service tokens. None: everyone whom Access let in.",
      }),
    })
    .meta({ title: "Cloudflare Access", description: "Whose tokens are believed, and which of its people are the owner." }),
  defaults: { teamDomain: null, audience: [], allowed: [] },
  seed: (seeds) => ({
    ...(seeds.CF_ACCESS_TEAM_DOMAIN ? { teamDomain: seeds.CF_ACCESS_TEAM_DOMAIN } : {}),
    ...(seeds.CF_ACCESS_AUD ? { audience: seeds.CF_ACCESS_AUD.split(/[\s,]+/).filter((tag) => tag !== "") } : {}),
  }),
});
