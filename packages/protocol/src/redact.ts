/**
 * What looks like a secret never reaches a log: known values wherever they stand, and the shapes that issuers give theirs.
 * Every log of the product, in the Worker and beside it, is written through this one.
 */

const mark = "[redacted]";

/** Each shape is long enough that words and ids do not fit it by chance. */
const shapes: readonly RegExp[] = [
  /\b(sk|xai|pk|rk)-[\w-]{8,}/g,
  /\bgsk_\w{8,}/g,
  /\bAIza[\w-]{20,}/g,
  /\bmolt_[\w-]{20,}/g,
  /\bxox[abeprs]-[\w-]{8,}/g,
  /\bxapp-[\w-]{8,}/g,
  /\b(gh[opsu]|github_pat)_\w{16,}/g,
  /\bAKIA[A-Z0-9]{12,}/g,
  /\b\d{6,}:[\w-]{30,}/g,
  /\b[MNO][\w-]{23,}\.[\w-]{6}\.[\w-]{27,}/g,
  /\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g,
  /\bBearer\s+[^\s"',;]{8,}/gi,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(-----END [A-Z ]*PRIVATE KEY-----|$)/g,
];
/** A value that an address, a header or a form gives to a name that says what it is. */
const named = /\b((?:access_|refresh_|id_|api_?|bot_?|auth_?)?(?:token|key|secret|password|signature|sig))=([^&\s"'<>#]{6,})/gi;
/** Below this a value may be an ordinary word. */
const shortestKnown = 8;

/** Leaves everything else as it is. `known`: values of secrets that are at hand. */
export function redactText(text: string, known: readonly string[] = []): string {
  let clean = text;
  for (const secret of known) if (secret.length >= shortestKnown) clean = clean.replaceAll(secret, mark);
  for (const shape of shapes) clean = clean.replace(shape, mark);
  return clean.replace(named, `$1=${mark}`);
}
