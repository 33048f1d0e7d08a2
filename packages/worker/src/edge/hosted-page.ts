/**
 * The page that stands in for a hosted OpenClaw while it is not ready: what is being done, step by step, and when it failed
 * why, what cures it and what it wrote last. It reloads itself once there is something to see.
 */

import type { ContainerInfo, ContainerStage } from "@moltworker/protocol/containers";
import { randomSecret } from "../auth/digest.ts";

const steps: readonly [ContainerStage[], string][] = [
  [["fencing"], "Ending what was there"],
  [["creating", "waiting"], "Making the container"],
  [["restoring"], "Bringing its home back"],
  [["configuring"], "Checking its settings"],
  [["gateway"], "Starting OpenClaw"],
];

const style = `
:root { color-scheme: light dark; font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: light-dark(#faf6f0, #191416); color: light-dark(#2d2228, #f3eae3); }
main { box-sizing: border-box; width: min(36rem, 100%); padding: 2rem; }
h1 { font-size: 1.35rem; line-height: 1.3; margin: 0 0 .75rem; text-wrap: balance; }
p { margin: .5rem 0; overflow-wrap: anywhere; }
ol { list-style: none; padding: 0; margin: 1rem 0; }
li { padding: .2rem 0; color: light-dark(#74646a, #a39492); }
li[aria-current] { color: inherit; font-weight: 600; }
li::before { content: "○"; display: inline-block; width: 1.6em; }
li.done::before { content: "✓"; }
li[aria-current]::before { content: "●"; color: light-dark(#b43a1e, #ff9a76); }
pre { font: .8rem/1.5 ui-monospace, "Noto Sans Mono", monospace; background: light-dark(#f3ebe1, #141012); padding: .8rem 1rem; border-radius: .7rem; overflow: auto; max-height: 16rem; white-space: pre-wrap; overflow-wrap: anywhere; }
small { color: light-dark(#74646a, #a39492); }
.actions { display: flex; flex-wrap: wrap; gap: .75rem; margin-top: 1.25rem; align-items: center; }
button { font: inherit; font-weight: 600; padding: .6rem 1.1rem; border: 0; border-radius: .7rem; cursor: pointer; background: light-dark(#b43a1e, #ff9a76); color: light-dark(#ffffff, #2b110a); }
button:disabled { opacity: .6; cursor: default; }
a { color: inherit; }
:focus-visible { outline: 3px solid light-dark(#2d2228, #f3eae3); outline-offset: 2px; }
`;

/** Asks how it stands, draws what changed, and goes on when it is ready. */
const script = `
const main = document.querySelector("main");
async function ask(body) {
  const answer = await fetch("/api/containers", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  return answer.json();
}
async function look() {
  try {
    const answer = await fetch(location.href, { headers: { accept: "text/html", "x-moltworker-part": "1" } });
    if (!answer.headers.has("x-moltworker-waiting")) return location.reload();
    const text = await answer.text();
    if (text !== main.innerHTML && !main.querySelector("button:disabled")) main.innerHTML = text;
  } catch {}
  setTimeout(look, 1000);
}
document.addEventListener("click", async ({ target }) => {
  if (target.id !== "retry") return;
  target.disabled = true;
  target.textContent = "Starting …";
  const asked = ask({ action: "restart", id: "moltbot" }).catch(() => undefined);
  await Promise.race([asked, new Promise((done) => setTimeout(done, 1500))]);
  target.remove();
});
look();
`;

/** 503 while it starts, so that nothing keeps the page. `part` is the page's own question after the first drawing. */
export function hostedPage(info: ContainerInfo, request: Request): Response {
  const nonce = randomSecret(16);
  const inner = info.state === "failed" ? failed(info) : starting(info);
  const part = request.headers.get("x-moltworker-part") !== null;
  const html = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>OpenClaw</title>
<style nonce="${nonce}">${style}</style>
<main aria-live="polite">${inner}</main>
<script nonce="${nonce}">${script}</script>
</html>
`;
  return new Response(part ? inner : html, {
    status: part ? 200 : 503,
    headers: {
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-store",
      "x-moltworker-waiting": info.state,
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
      "x-frame-options": "DENY",
      "content-security-policy": `default-src 'none'; style-src 'nonce-${nonce}'; script-src 'nonce-${nonce}'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    },
  });
}

function starting({ stage, state }: ContainerInfo): string {
  const found = steps.findIndex(([stages]) => stage !== null && stages.includes(stage));
  const at = found === -1 ? 0 : found;
  const rows = steps.map(([, text], index) => {
    const mark = index < at ? ' class="done"' : index === at ? ' aria-current="step"' : "";
    return `<li${mark}>${text}</li>`;
  });
  const title = state === "draining" ? "OpenClaw is ending" : "OpenClaw is starting";
  return `<h1>${title}</h1><ol>${rows.join("")}</ol><p><small>It takes about ten seconds. This page goes on by itself.</small></p>`;
}

function failed({ reason, generation }: ContainerInfo): string {
  const lines = reason?.lines.slice(-15).join("\n") ?? "";
  return `<h1>OpenClaw could not start</h1>
<p role="alert">${prose(sentence(reason?.cause ?? "it ended"))}</p>
<p>${prose(reason?.cure ?? "")}</p>
${lines === "" ? "" : `<pre tabindex="0" aria-label="Its last lines">${escapeHtml(lines)}</pre>`}
<p class="actions"><button id="retry" type="button">Try again</button><a href="/#/admin/containers">Open the admin</a></p>
<p><small>${escapeHtml(reason?.code ?? "")} · generation ${generation}</small></p>`;
}

const prose = (text: string) => escapeHtml(text).replaceAll(/`([^`]+)`/g, "<code>$1</code>");
const sentence = (text: string) => `${text.charAt(0).toUpperCase()}${text.slice(1).replace(/\.$/, "")}.`;

function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
