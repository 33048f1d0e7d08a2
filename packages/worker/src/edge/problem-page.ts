/**
 * A refusal as a page, for where the built UI cannot speak: cause, cure, code, one button. It stands alone (no script,
 * its one style under a nonce), in the colours of the UI.
 */

import { errorTable, type MoltError } from "@moltworker/protocol/errors";
import { randomSecret } from "../auth/digest.ts";

interface Problem {
  title: string;
  error: MoltError;
  /** Where the button leads: a path of this server. */
  action?: { label: string; path: string };
}

const style = `
:root { color-scheme: light dark; font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: light-dark(#faf6f0, #191416); color: light-dark(#2d2228, #f3eae3); }
main { box-sizing: border-box; width: min(32rem, 100%); padding: 2rem; }
h1 { font-size: 1.35rem; line-height: 1.3; margin: 0 0 .75rem; text-wrap: balance; }
p { margin: .5rem 0; overflow-wrap: anywhere; }
code { font: .9em ui-monospace, "Noto Sans Mono", monospace; background: light-dark(#f3ebe1, #141012); padding: .1em .35em; border-radius: .35em; }
small { color: light-dark(#74646a, #a39492); }
a { display: inline-block; margin-top: 1.25rem; padding: .6rem 1.1rem; border-radius: .7rem; text-decoration: none; font-weight: 600; background: light-dark(#b43a1e, #ff9a76); color: light-dark(#ffffff, #2b110a); }
a:focus-visible { outline: 3px solid light-dark(#2d2228, #f3eae3); outline-offset: 2px; }
`;

export function problemPage({ title, error, action }: Problem): Response {
  const nonce = randomSecret(16);
  const html = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style nonce="${nonce}">${style}</style>
<main>
<h1>${escapeHtml(title)}</h1>
<p role="alert">${prose(sentence(error.message))}</p>
<p>${prose(error.hint)}</p>
<p><small>${error.code}</small></p>
${action ? `<a href="${escapeHtml(action.path)}">${escapeHtml(action.label)}</a>` : ""}
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

/** What stands between backticks is code. */
const prose = (text: string) => escapeHtml(text).replaceAll(/`([^`]+)`/g, "<code>$1</code>");

const sentence = (text: string) => `${text.charAt(0).toUpperCase()}${text.slice(1).replace(/\.$/, "")}.`;

function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
