/** A page of one answer, for where the built UI cannot speak: in its colours, its one style and script under a nonce. */

import { randomSecret } from "../auth/digest.ts";

interface StandalonePage {
  status: number;
  title: string;
  /** What stands in `<main>`, as HTML: every text in it has gone through `escapeHtml` or `prose`. */
  main: string;
  /** CSS beyond the common one. */
  style?: string;
  /** With one, the page may ask this server, and `<main>` tells a screen reader what changes. */
  script?: string;
  headers?: Record<string, string>;
}

const commonStyle = `
:root { color-scheme: light dark; font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: light-dark(#faf6f0, #191416); color: light-dark(#2d2228, #f3eae3); }
main { box-sizing: border-box; width: min(34rem, 100%); padding: 2rem; }
h1 { font-size: 1.35rem; line-height: 1.3; margin: 0 0 .75rem; text-wrap: balance; }
p { margin: .5rem 0; overflow-wrap: anywhere; }
code { font: .9em ui-monospace, "Noto Sans Mono", monospace; background: light-dark(#f3ebe1, #141012); padding: .1em .35em; border-radius: .35em; }
small { color: light-dark(#74646a, #a39492); }
.button { font: inherit; font-weight: 600; padding: .6rem 1.1rem; border: 0; border-radius: .7rem; cursor: pointer; text-decoration: none; background: light-dark(#b43a1e, #ff9a76); color: light-dark(#ffffff, #2b110a); }
.actions { display: flex; flex-wrap: wrap; gap: .75rem; margin-top: 1.25rem; align-items: center; }
:focus-visible { outline: 3px solid light-dark(#2d2228, #f3eae3); outline-offset: 2px; }
`;

/** Never cached, never framed; loads nothing from anywhere. */
export function standalonePage({ status, title, main, style = "", script, headers = {} }: StandalonePage): Response {
  const nonce = randomSecret(16);
  const html = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style nonce="${nonce}">${commonStyle}${style}</style>
<main${script === undefined ? "" : ' aria-live="polite"'}>${main}</main>
${script === undefined ? "" : `<script nonce="${nonce}">${script}</script>\n`}</html>
`;
  const scripts = script === undefined ? "" : ` script-src 'nonce-${nonce}'; connect-src 'self';`;
  return new Response(html, {
    status,
    headers: {
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
      "x-frame-options": "DENY",
      "content-security-policy": `default-src 'none'; style-src 'nonce-${nonce}';${scripts} base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
      ...headers,
    },
  });
}

/** Text as HTML in which what stands between backticks is code. */
export const prose = (text: string) => escapeHtml(text).replaceAll(/`([^`]+)`/g, "<code>$1</code>");

/** A cause as a sentence: a capital first, one full stop last. */
export const sentence = (text: string) => `${text.charAt(0).toUpperCase()}${text.slice(1).replace(/\.$/, "")}.`;

export function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
