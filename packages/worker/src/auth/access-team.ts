/**
 * A Cloudflare Access team, read from what people paste: the bare name, the domain, or any address on it, in any case.
 * The origin it gives is both the issuer of the team's tokens and the place of its keys.
 */

const DOMAIN = ".cloudflareaccess.com";
const NAME = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

export interface AccessTeam {
  /** `https://<team>.cloudflareaccess.com`; issuer of the tokens. */
  issuer: string;
  keysUrl: string;
  /** An address on this machine, written out whole as `http://127.0.0.1:<port>`: a stand-in for the team, contacted because it was named. */
  named: boolean;
}

/** undefined when the text names no team. */
export function accessTeam(text: string): AccessTeam | undefined {
  const typed = text.trim().toLowerCase();
  if (NAME.test(typed)) return teamAt(`https://${typed}${DOMAIN}`, false);
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//.test(typed) ? typed : `https://${typed}`);
  if (url?.username !== "" || url.password !== "") return undefined;
  if (url.protocol === "http:" && isThisMachine(url.hostname)) return teamAt(url.origin, true);
  const hostname = url.hostname.replace(/\.$/, "");
  const name = hostname.endsWith(DOMAIN) ? hostname.slice(0, -DOMAIN.length) : "";
  const isWeb = url.protocol === "https:" || url.protocol === "http:";
  return isWeb && NAME.test(name) && url.port === "" ? teamAt(`https://${hostname}`, false) : undefined;
}

function teamAt(origin: string, named: boolean): AccessTeam {
  return { issuer: origin, keysUrl: `${origin}/cdn-cgi/access/certs`, named };
}

const isThisMachine = (hostname: string) =>
  hostname === "localhost" || hostname === "[::1]" || /^127(\.\d{1,3}){3}$/.test(hostname);
