/** Which paths the Assistant object answers. Everything else is the front's own: health, the built UI. */

const exact: ReadonlySet<string> = new Set([
  "/readyz",
  "/api",
  "/v1",
  "/v1/models",
  "/hooks",
  "/openclaw",
  "/v1/responses",
  "/v1/completions",
  "/v1/embeddings",
]);

/** Each ends with a slash. */
const below: readonly string[] = [
  "/api/",
  "/debug/",
  "/channels/",
  "/hooks/",
  "/openclaw/",
  "/v1/chat/",
  "/v1/models/",
  "/v1/responses/",
];

export function isForAssistant(pathname: string): boolean {
  return exact.has(pathname) || below.some((prefix) => pathname.startsWith(prefix));
}
