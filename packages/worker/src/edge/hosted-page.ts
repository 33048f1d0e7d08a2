/**
 * The page that stands in for a hosted OpenClaw while it is not ready: what is being done, step by step, and when it failed
 * why, what cures it and what it wrote last. It reloads itself once there is something to see.
 */

import type { ContainerInfo, ContainerStage } from "@moltworker/protocol/containers";
import { escapeHtml, prose, sentence, standalonePage } from "./standalone-page.ts";

const steps: readonly [ContainerStage[], string][] = [
  [["fencing"], "Ending what was there"],
  [["creating", "waiting"], "Making the container"],
  [["restoring"], "Bringing its home back"],
  [["configuring"], "Checking its settings"],
  [["gateway"], "Starting OpenClaw"],
];

const style = `
ol { list-style: none; padding: 0; margin: 1rem 0; }
li { padding: .2rem 0; color: light-dark(#74646a, #a39492); }
li[aria-current] { color: inherit; font-weight: 600; }
li::before { content: "○"; display: inline-block; width: 1.6em; }
li.done::before { content: "✓"; }
li[aria-current]::before { content: "●"; color: light-dark(#b43a1e, #ff9a76); }
pre { font: .8rem/1.5 ui-monospace, "Noto Sans Mono", monospace; background: light-dark(#f3ebe1, #141012); padding: .8rem 1rem; border-radius: .7rem; overflow: auto; max-height: 16rem; white-space: pre-wrap; overflow-wrap: anywhere; }
button:disabled { opacity: .6; cursor: default; }
a { color: inherit; }
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
  const main = info.state === "failed" ? failed(info) : starting(info);
  const headers = { "x-moltworker-waiting": info.state };
  const part = request.headers.get("x-moltworker-part") !== null;
  if (!part) return standalonePage({ status: 503, title: "OpenClaw", main, style, script, headers });
  return new Response(main, { headers: { ...headers, "content-type": "text/html; charset=utf-8", "cache-control": "no-store" } });
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
<p class="actions"><button class="button" id="retry" type="button">Try again</button><a href="/#/admin/containers">Open the admin</a></p>
<p><small>${escapeHtml(reason?.code ?? "")} · generation ${generation}</small></p>`;
}
