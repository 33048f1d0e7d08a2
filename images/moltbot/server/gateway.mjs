/**
 * The life of the unmodified gateway: `idle → validating → starting → ready → hung | ended | failed | stopped`. Ready is what
 * it says of itself on `/readyz`. Its port, its password and the header that proves its owner are new with every start and
 * known to nobody outside this process and the file that the gateway reads them from.
 */

import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { request as httpRequest } from "node:http";
import { createServer } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { createSettings, merged } from "./settings.mjs";

const origin = "http://openclaw.moltworker.internal";
/** A small machine with other work to do takes minutes, and the first start of another version brings its databases up to date. */
const startMs = 290_000;
const betweenMs = 150;
const healthEveryMs = 2_000;
/** A gateway under load may keep silent for seconds. */
const hungAfterMs = 20_000;
const keptLines = 60;

/** `onEnded`: it ended, and nobody had asked for that. */
export function createGateway({ home, program, modelsPort, onEnded }) {
  let phase = "idle";
  let child;
  let port = 0;
  let proof = {};
  let password = "";
  let healthyAt = 0;
  let reason = null;
  let settings = null;
  let wanted = 0;
  let since = Date.now();
  let stopping;
  const lines = [];

  const environment = () => ({
    PATH: "/usr/local/bin:/usr/bin:/bin",
    HOME: home.root,
    USER: "assistant",
    LANG: "C.UTF-8",
    TMPDIR: "/tmp",
    NODE_ENV: "production",
    NODE_NO_WARNINGS: "1",
    // What the image's own first run has compiled.
    NODE_COMPILE_CACHE: "/opt/openclaw/compile-cache",
    OPENCLAW_PACKAGED_COMPILE_CACHE_RESPAWNED: "1",
    NODE_USE_ENV_PROXY: "1",
    ...Object.fromEntries(
      ["http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"].map((name) => [name, "http://127.0.0.1:3128"]),
    ),
    no_proxy: "localhost,127.0.0.1,::1",
    NO_PROXY: "localhost,127.0.0.1,::1",
    OPENCLAW_STATE_DIR: join(home.root, ".openclaw"),
    OPENCLAW_NO_RESPAWN: "1",
    OPENCLAW_NO_AUTO_UPDATE: "1",
    OPENCLAW_DISABLE_BONJOUR: "1",
    OPENCLAW_GATEWAY_PASSWORD: password,
    NO_COLOR: "1",
    CI: "1",
  });
  const store = createSettings({ root: home.root, program, environment });
  const to = (next) => {
    phase = next;
    since = Date.now();
  };

  function say(line) {
    console.log(line);
    lines.push(line.slice(0, 400));
    if (lines.length > keptLines) lines.shift();
  }

  /** What the assistant decides, with what only this start knows. */
  const decided = (managed, own) => ({
    ...JSON.parse(JSON.stringify(managed).replaceAll("MODEL_WAY_PORT", String(own.models))),
    gateway: {
      ...managed.gateway,
      mode: "local",
      bind: "loopback",
      port: own.port,
      trustedProxies: ["127.0.0.1", "::1"],
      auth: {
        mode: "trusted-proxy",
        identityScopes: { owner: ["operator.admin"] },
        trustedProxy: {
          userHeader: "x-moltworker-user",
          requiredHeaders: [own.proof],
          allowUsers: ["owner"],
          allowLoopback: true,
          deviceAutoApprove: {
            enabled: true,
            scopes: ["admin", "read", "write", "approvals", "questions", "pairing"].map((name) => `operator.${name}`),
          },
        },
      },
      controlUi: { ...managed.gateway?.controlUi, allowedOrigins: [origin] },
    },
  });

  async function begin(order, mine) {
    lines.length = 0;
    reason = null;
    settings = null;
    for (let attempt = 1; mine === wanted; attempt += 1) {
      port = await freePort();
      password = randomBytes(24).toString("hex");
      const secretHeader = `x-moltworker-${randomBytes(16).toString("hex")}`;
      proof = { "x-moltworker-user": "owner", [secretHeader]: "1" };
      to("validating");
      let ended = { code: 78, signal: null };
      const { managed, defaults = {}, last, known } = order;
      const laid = (own) => (settings) => merged(merged(defaults, settings), decided(managed, own));
      const finish = laid({ port, proof: secretHeader, models: modelsPort });
      // The same whatever this start's own values are.
      const lasting = laid({ port: 1, proof: "proof", models: 1 });
      for await (const candidate of store.candidates({ finish, lasting, last, known })) {
        if (mine !== wanted) return;
        settings = {
          used: candidate.used,
          refused: candidate.refused,
          dropped: candidate.dropped,
          mark: candidate.mark,
          text: JSON.stringify(candidate.settings),
        };
        to("starting");
        ended = await launch(mine);
        if (mine !== wanted) return;
        if (!ended) {
          healthyAt = Date.now();
          to("ready");
          return;
        }
        if (ended.signal) break;
        candidate.refused.push({
          which: candidate.used,
          issues: [{ path: "", message: `the gateway ended with exit code ${ended.code}` }],
        });
      }
      // Killed from outside while it started: that is nobody's settings' fault, and is tried once more.
      if (ended.signal && attempt < 2) continue;
      reason = { exitCode: ended.code, signal: ended.signal, during: "start", late: ended.late === true };
      to("failed");
      return;
    }
  }

  /** undefined once it is ready; how it ended when it did not become so. */
  async function launch(mine) {
    const process_ = spawn(process.execPath, [join(program, "openclaw.mjs"), "gateway", "run", "--port", String(port)], {
      env: environment(),
      cwd: home.root,
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    child = process_;
    for (const stream of [process_.stdout, process_.stderr]) createInterface({ input: stream }).on("line", say);
    let ended;
    process_.on("error", (error) => {
      ended = { code: null, signal: null, error: error.message };
    });
    process_.on("exit", (code, signal) => {
      ended = { code, signal };
      if (child === process_ && (phase === "ready" || phase === "hung")) {
        reason = { exitCode: code, signal, during: "run", late: false };
        to(stopping ? "stopped" : "ended");
        if (!stopping) onEnded();
      }
      killGroup(process_.pid);
    });
    const deadline = Date.now() + startMs;
    while (!ended && mine === wanted) {
      if (await isHealthy("/readyz")) return undefined;
      if (Date.now() > deadline) {
        killGroup(process_.pid);
        return { code: null, signal: null, late: true };
      }
      await new Promise((resolve) => setTimeout(resolve, betweenMs));
    }
    return ended;
  }

  function isHealthy(path) {
    return new Promise((resolve) => {
      const call = httpRequest({ host: "127.0.0.1", port, path, timeout: 5_000 }, (answer) => {
        answer.resume();
        resolve(answer.statusCode === 200);
      });
      call.on("timeout", () => call.destroy());
      call.on("error", () => resolve(false));
      call.end();
    });
  }

  setInterval(async () => {
    if (phase !== "ready" && phase !== "hung") return;
    if (await isHealthy("/healthz")) {
      healthyAt = Date.now();
      if (phase === "hung") to("ready");
    } else if (phase === "ready" && Date.now() - healthyAt > hungAfterMs) to("hung");
  }, healthEveryMs).unref();

  const isRunning = () => child !== undefined && child.exitCode === null && child.signalCode === null;

  return {
    isRunning,
    isReady: () => phase === "ready",
    way: () => ({ port, proof, origin }),
    state: () => ({ phase, since, reason, settings, lines: [...lines] }),
    /** Begins a start and returns at once; `state` tells how it goes. Nothing happens while it runs already. */
    start(order) {
      if (home.state().phase !== "restored") throw Object.assign(new Error("the home was not restored"), { status: 409 });
      if (!isRunning() && phase !== "validating" && phase !== "starting") {
        wanted += 1;
        to("validating");
        void begin(order, wanted).catch((error) => {
          reason = { exitCode: null, signal: null, during: "start", late: false };
          say(`the front failed: ${error.message}`);
          to("failed");
        });
      }
      return { phase };
    },
    /** Asks it to end, and ends it after `timeoutMs`. */
    async stop(timeoutMs) {
      wanted += 1;
      stopping = true;
      const process_ = child;
      if (process_ && isRunning()) {
        const ended = new Promise((resolve) => process_.once("exit", resolve));
        process_.kill("SIGTERM");
        const late = setTimeout(() => killGroup(process_.pid), timeoutMs);
        await ended;
        clearTimeout(late);
      }
      stopping = false;
      to("stopped");
    },
  };
}

/** Whatever the gateway started ends with it, and nothing of it holds a file or a port. */
function killGroup(pid) {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It is gone.
  }
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
