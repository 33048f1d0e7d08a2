/** Which paths the Assistant object answers. Everything else is the front's own: health, the built UI. */

const exact: ReadonlySet<string> = new Set(["/readyz", "/api"]);

/** Each ends with a slash. */
const below: readonly string[] = ["/api/", "/debug/"];

export function isForAssistant(pathname: string): boolean {
  return exact.has(pathname) || below.some((prefix) => pathname.startsWith(prefix));
}
