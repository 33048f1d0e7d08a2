/**
 * Addresses of old with `?token=`: the token becomes a session cookie and leaves the address. A wrong one gets a page
 * that names cause and cure, without script, and without a word of what was presented.
 */

import { moltErrorFrom } from "@moltworker/protocol/errors";
import type { Auth, Visit } from "../auth/auth.ts";
import { problemPage } from "./problem-page.ts";

/** 303 to the same address without the token, signed in; or the page of the refusal. */
export async function signInByAddress(request: Request, visit: Visit, auth: Auth): Promise<Response> {
  const url = new URL(request.url);
  const clean = withoutToken(url);
  const headers = { "cache-control": "no-store" };
  // Who came through Cloudflare Access needs no token; an old one in a bookmark must not keep them out.
  if ((await auth.identify(request)).via === "access")
    return new Response(null, { status: 303, headers: { ...headers, location: clean } });
  try {
    const { setCookie } = await auth.redeemToken(tokenIn(url.search), visit);
    return new Response(null, { status: 303, headers: { ...headers, location: clean, "set-cookie": setCookie } });
  } catch (thrown) {
    const action = { label: "Sign in another way", path: clean };
    return problemPage({ title: "The token in this address was not accepted", error: moltErrorFrom(thrown), action });
  }
}

/** The token as it stands in the address. A `+` stays one: people pasted tokens as they were. */
function tokenIn(search: string): string {
  const raw = /[?&]token=([^&]*)/.exec(search)?.[1] ?? "";
  try {
    return decodeURIComponent(raw);
  } catch {
    return raw;
  }
}

/** Path and query alone, so that no address can lead to another host. */
function withoutToken(url: URL): string {
  const rest = url.search
    .slice(1)
    .split("&")
    .filter((pair) => pair !== "" && pair !== "token" && !pair.startsWith("token="));
  return `/${url.pathname.replace(/^[/\\]+/, "")}${rest.length > 0 ? `?${rest.join("&")}` : ""}`;
}
