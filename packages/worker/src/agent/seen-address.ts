/**
 * Was this address in front of the assistant word for word, or did it make it up? An address that the model composes can
 * carry what it knows to a stranger's server; one that was there before can not. Pure.
 */

/** What may stand directly before or after an address in running text. */
const edge = /[\s"'`<>()[\]{}|,;*]/;
const sentenceEnd = /^[.!?:]+(?:[\s"'`<>()[\]{}|*]|$)/;

/** True when `address` stands in `text` as a whole: not as the beginning of a longer one, not inside another word. */
export function wasSeen(address: string, text: string): boolean {
  const lowerCase = text.toLowerCase();
  return spellings(address).some((spelling) => standsIn(spelling.text, spelling.bareHost ? lowerCase : text, spelling.bareHost));
}

/** The address as given and as the URL parser writes it; and its bare host when nothing but the host is asked for. */
function spellings(address: string): { text: string; bareHost: boolean }[] {
  const out = new Set([address]);
  const hosts: string[] = [];
  try {
    const url = new URL(address);
    url.hash = "";
    out.add(url.href);
    if (url.pathname === "/" && !address.includes("?") && url.username === "" && url.password === "") {
      out.add(url.href.slice(0, -1));
      hosts.push(url.host);
    }
  } catch {
    // Not an address at all; the tool will say so.
  }
  return [...[...out].map((text) => ({ text, bareHost: false })), ...hosts.map((text) => ({ text, bareHost: true }))];
}

function standsIn(needle: string, text: string, bareHost: boolean): boolean {
  for (let at = text.indexOf(needle); at !== -1; at = text.indexOf(needle, at + 1)) {
    const before = text.charAt(at - 1);
    const after = text.slice(at + needle.length, at + needle.length + 8);
    const startsClean = before === "" || edge.test(before) || (bareHost && text.slice(0, at).endsWith("://"));
    const endsClean =
      after === "" || edge.test(after.charAt(0)) || sentenceEnd.test(after) || (bareHost && after.startsWith("/"));
    if (startsClean && endsClean) return true;
  }
  return false;
}
