/**
 * The session cookie. Browsers share cookies between all ports of a host, so its name carries the assistant's id: two
 * assistants on one machine do not sign each other out. Over https the `__Host-` prefix keeps sibling domains from setting it.
 */

/** The server row decides when a session ends (30 days unused); the cookie merely outlives it. */
const MAX_AGE_SECONDS = 400 * 86_400;

export interface SessionCookie {
  read(request: Request): string | undefined;
  /** A `Set-Cookie` value. */
  issue(secret: string, secure: boolean): string;
  clear(secure: boolean): string;
}

export function createSessionCookie(assistantId: string): SessionCookie {
  const plain = `molt_session_${assistantId.replaceAll(/[^\w-]/g, "").slice(-40)}`;
  const named = (secure: boolean) => (secure ? `__Host-${plain}` : plain);
  const attributes = (secure: boolean) => `Path=/; HttpOnly; SameSite=Strict${secure ? "; Secure" : ""}`;

  return {
    read: (request) => {
      const [prefixed] = cookieValues(request, named(true));
      // Where https is certain, an unprefixed cookie may have been planted by a sibling domain.
      return new URL(request.url).protocol === "https:" ? prefixed : (prefixed ?? cookieValues(request, plain)[0]);
    },
    issue: (secret, secure) => `${named(secure)}=${secret}; ${attributes(secure)}; Max-Age=${MAX_AGE_SECONDS}`,
    clear: (secure) => `${named(secure)}=; ${attributes(secure)}; Max-Age=0`,
  };
}

/**
 * True when the browser speaks https, also to a proxy in front of us. The headers read here can only make a cookie
 * stricter for the one who sends them, so a forged one gains nothing.
 */
export function isSecure(request: Request): boolean {
  if (new URL(request.url).protocol === "https:") return true;
  return request.headers.get("origin")?.startsWith("https://") === true || request.headers.get("x-forwarded-proto") === "https";
}

/** Every value of that name, in the order in which the browser sent them: the most specific path first. */
export function cookieValues(request: Request, name: string): string[] {
  const pairs = (request.headers.get("cookie") ?? "").split(";").map((pair) => pair.trim());
  return pairs.filter((pair) => pair.startsWith(`${name}=`)).map((pair) => pair.slice(name.length + 1).trim());
}
