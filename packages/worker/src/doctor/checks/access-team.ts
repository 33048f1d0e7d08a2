import { type Finding, fail, ok, skipped } from "@moltworker/protocol/doctor";
import { moltErrorFrom } from "@moltworker/protocol/errors";
import { type AccessTeam, accessTeam } from "../../auth/access-team.ts";
import type { AssistantCheck, CheckContext } from "../check.ts";

const limits = { maxBytes: 262_144, firstByteTimeoutMs: 10_000 };
const cure = (text: string) => ({ text });

/** A slip in the team's name or a forgotten tag lets nobody in, and says so only to whoever comes through Access. */
export const accessTeamCheck: AssistantCheck = {
  id: "access-team",
  title: "Cloudflare Access settings",
  about: "Access is off, or both the team and the application's audience tag are set and the team publishes its keys.",
  run(context) {
    const { teamDomain, audience } = context.config.get("access");
    const team = accessTeam(teamDomain ?? "");
    if (!team && audience.length === 0) return skipped("no Access team is set, so every caller signs in here");
    if (!team)
      return fail(
        "ACCESS_JWT_INVALID",
        "an Access audience is set and no team, so nobody is let in by Access",
        cure("Set CF_ACCESS_TEAM_DOMAIN to the team's name or domain, or unset CF_ACCESS_AUD."),
      );
    if (audience.length === 0)
      return fail(
        "ACCESS_JWT_INVALID",
        `the Access team ${team.issuer} is set and no audience, so nobody is let in by Access`,
        cure("Set CF_ACCESS_AUD to the Application Audience (AUD) tag of the Access application."),
      );
    return askTeam(team, context);
  },
};

async function askTeam({ issuer, keysUrl, named }: AccessTeam, { egress }: CheckContext): Promise<Finding> {
  const unknown = (why: string) =>
    fail(
      "ACCESS_JWT_INVALID",
      `the Access team ${issuer} does not publish its keys: ${why}`,
      cure("Correct the team's name in CF_ACCESS_TEAM_DOMAIN."),
    );
  try {
    const answer = await egress.fetch(keysUrl, {}, { ...limits, named });
    if (!answer.ok) {
      await answer.body?.cancel();
      return unknown(`it answered with status ${answer.status}`);
    }
    const { keys } = (await answer.json()) as { keys?: unknown };
    return Array.isArray(keys) && keys.length > 0 ? ok(`${issuer} publishes its keys`) : unknown("it names none");
  } catch (thrown) {
    return unknown(moltErrorFrom(thrown).message);
  }
}
