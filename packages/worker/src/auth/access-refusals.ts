/** Why an Access identity was not accepted: one sentence of cause and one of cure for each, none with a word of the token's secret part. */

import { MoltError } from "@moltworker/protocol/errors";

export type AccessFault =
  | "no-team"
  | "no-audience"
  | "malformed"
  | "several"
  | "algorithm"
  | "issuer"
  | "unknown-key"
  | "signature"
  | "audience"
  | "expired"
  | "not-yet"
  | "signed-out"
  | "ended"
  | "no-keys";

const AGAIN = "Sign in through Cloudflare Access again: reload the page.";
const OWN_ADDRESS = "Open the assistant at the address that Access protects, and sign in there.";

const sentences: Record<AccessFault, readonly [cause: string, cure: string]> = {
  "no-team": [
    "the Access audience is set but the team domain is not",
    "Set access.teamDomain (CF_ACCESS_TEAM_DOMAIN) to the team's name, such as my-team.cloudflareaccess.com.",
  ],
  "no-audience": [
    "the Access team is set but the application's audience is not",
    "Copy the AUD tag from the application's overview in Zero Trust into access.audience (CF_ACCESS_AUD).",
  ],
  malformed: ["the Access token is not a JWT", OWN_ADDRESS],
  several: [
    "the request carries more than one Access token header",
    "Send the Cf-Access-Jwt-Assertion header once; only Access itself should set it.",
  ],
  algorithm: ["the Access token is signed with an algorithm that Access does not use", OWN_ADDRESS],
  issuer: [
    "the Access token was issued by another team than the one that is set",
    "Correct access.teamDomain (CF_ACCESS_TEAM_DOMAIN), or sign in with the right team.",
  ],
  "unknown-key": ["the Access token is signed with a key that the team does not publish", AGAIN],
  signature: ["the Access token was not signed by the team", OWN_ADDRESS],
  audience: [
    "the Access token is meant for another application (wrong audience)",
    "Copy the AUD tag of this application from Zero Trust into access.audience (CF_ACCESS_AUD).",
  ],
  expired: ["the Access session has expired", AGAIN],
  "not-yet": ["the Access token is not valid yet", "Set this machine's clock: it is behind by more than a minute."],
  ended: ["this Access identity is not accepted here any more: its time is over, it was signed out, or it left the list", AGAIN],
  "signed-out": [
    "this Access session was signed out here",
    "Open /cdn-cgi/access/logout, then sign in through Cloudflare Access again.",
  ],
  "no-keys": [
    "the team's keys could not be read, so no Access token can be checked",
    "Check access.teamDomain (CF_ACCESS_TEAM_DOMAIN): the team's /cdn-cgi/access/certs must answer.",
  ],
};

export function accessInvalid(fault: AccessFault): MoltError {
  const [message, hint] = sentences[fault];
  return new MoltError("ACCESS_JWT_INVALID", { message, hint, details: { reason: fault } });
}

/** The identity is genuine, yet not one that the owner listed. */
export function accessNotListed(name: string): MoltError {
  return new MoltError("FORBIDDEN", {
    message: `${name.slice(0, 80)} came through Cloudflare Access but is not on this assistant's list`,
    hint: "Sign in as somebody who is on it, or let the owner add this one under Settings (access.allowed).",
    details: { reason: "not-listed" },
  });
}
