/**
 * Addresses of old with `?token=`: the token becomes a session cookie and leaves the address. A wrong one gets a page
 * that names cause and cure, without script, and without a word of what was presented.
 */

import { errorTable, type MoltError, moltErrorFrom } from "@moltworker/protocol/errors";
import type { Auth, Visit } from "../auth/auth.ts";
import { randomSecret } from "../auth/digest.ts";

/** 303 to the same address without the token, signed in; or the page of the refusal. */
export async function signInByAddress(request: Request, visit: Visit, auth: Auth): Promise<Response> {
  const url = new URL(request.url);
  const clean = withoutToken(url);
  const headers = { "cache-control": "no-store" };
  try {
    const { setCookie } = await auth.redeemToken(tokenIn(url.search), visit);
    return new Response(null, { status: 303, headers: { ...headers, location: clean, "set-cookie": setCookie } });
  } catch (thrown) {
    return problemPage(moltErrorFrom(thrown), clean);
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

function problemPage(error: MoltError, next: string): Response {
  const nonce = randomSecret(16);
  const html = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Not signed in</title>
<style nonce="${nonce}">
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; }
main { max-width: 30rem; padding: 2rem; }
h1 { font-size: 1.4rem; margin: 0 0 .75rem; }
a { display: inline-block; margin-top: 1rem; padding: .55rem 1rem; border: 1px solid currentColor; border-radius: .5rem; color: inherit; text-decoration: none; }
code { opacity: .75; font-size: .85rem; }
</style>
<main role="alert">
<h1>The token in this address was not accepted</h1>
<p>${escapeHtml(sentence(error.message))}</p>
<p>${escapeHtml(error.hint)}</p>
<p><code>${error.code}</code></p>
<a href="${escapeHtml(next)}">Sign in another way</a>
</main>
</html>
`;
  return new Response(html, {
    status: errorTable[error.code].http,
    headers: {
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-store",
      "content-security-policy": `default-src 'none'; style-src 'nonce-${nonce}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    },
  });
}

const sentence = (text: string) => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;

function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
