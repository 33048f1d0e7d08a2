/**
 * Commands as processes of the tool user: each in a process group of its own, with a deadline, and with output that is
 * bounded however much there is. The kernel is told to take these processes first when memory runs out.
 */

import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { StringDecoder } from "node:string_decoder";

export const toolUser = { uid: 1000, gid: 1000 };

const keptBytes = 1_000_000;
/** A command that writes more than this is ended: nobody will read it. */
const mostOutputBytes = 64_000_000;
const sweepMs = 2_000;
const keptJobs = 50;
const mostRunning = 16;

const baseEnvironment = {
  PATH: "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin",
  HOME: "/home/assistant",
  USER: "assistant",
  LANG: "C.UTF-8",
  TERM: "dumb",
  TMPDIR: "/tmp",
  CI: "1",
  PAGER: "cat",
  GIT_PAGER: "cat",
  GIT_TERMINAL_PROMPT: "0",
  PYTHONDONTWRITEBYTECODE: "1",
  NODE_USE_ENV_PROXY: "1",
  ...proxySettings(process.env.MOLTWORKER_WAY_OUT),
  ...gitSettings((process.env.MOLTWORKER_CREDENTIAL_HOSTS ?? "").split(" ").filter(Boolean)),
};

/** The only way out, and it lets through what the owner allows. Where the platform is the network there is no proxy. */
function proxySettings(wayOut) {
  if (wayOut === "direct") return {};
  const [proxy, none] = ["http://127.0.0.1:3128", "localhost,127.0.0.1"];
  const names = ["http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"];
  return { ...Object.fromEntries(names.map((name) => [name, proxy])), no_proxy: none, NO_PROXY: none };
}

/** The credential of these hosts is added to plain requests alone, which go on by https: git asks for them so. */
function gitSettings(hosts) {
  const rows = hosts.flatMap((host, index) => [
    [`GIT_CONFIG_KEY_${index}`, `url.http://${host}/.insteadOf`],
    [`GIT_CONFIG_VALUE_${index}`, `https://${host}/`],
  ]);
  return hosts.length === 0 ? {} : { GIT_CONFIG_COUNT: String(hosts.length), ...Object.fromEntries(rows) };
}

export function createJobs({ sweep }) {
  const jobs = new Map();
  let nextId = 1;

  function start({ command, cwd = "/workspace", timeoutMs = 120_000, env = {} }, stream) {
    if (typeof command !== "string" || command === "") throw fault(400, "a command is wanted");
    if ([...jobs.values()].filter((job) => job.endedAt === undefined).length >= mostRunning)
      throw fault(429, `${mostRunning} commands run already`);
    const job = createJob({ id: `job-${nextId++}`, command, cwd, timeoutMs, env, stream, sweep });
    jobs.set(job.id, job);
    for (const [id, old] of jobs) {
      if (jobs.size <= keptJobs) break;
      if (old.endedAt !== undefined) jobs.delete(id);
    }
    return job;
  }

  function find(id) {
    const job = jobs.get(id);
    if (!job) throw fault(404, `there is no job ${id}`);
    return job;
  }

  return {
    start,
    list: () => [...jobs.values()].filter((job) => job.background).map((job) => job.row()),
    running: () => [...jobs.values()].filter((job) => job.endedAt === undefined).length,
    async read(id, after, waitMs) {
      const job = find(id);
      if (waitMs > 0 && job.endedAt === undefined) {
        let timer;
        const late = new Promise((resolve) => {
          timer = setTimeout(resolve, Math.min(waitMs, 30_000));
        });
        await Promise.race([job.ended, late]);
        clearTimeout(timer);
      }
      return { ...job.row(), ...job.output(after) };
    },
    kill(id, reason) {
      const job = find(id);
      job.kill(reason);
      return job.row();
    },
    endAll() {
      for (const job of jobs.values()) if (job.endedAt === undefined) job.kill("the container stops");
    },
  };
}

function createJob({ id, command, cwd, timeoutMs, env, stream, sweep }) {
  const oomBefore = oomKills();
  const startedAt = Date.now();
  const job = { id, background: stream === undefined, endedAt: undefined };
  const kept = { text: "", from: 0, bytes: 0 };
  let result = {};
  let killed;

  // The shell marks itself as the first to go, then becomes the command's shell.
  const script = 'echo 1000 >/proc/self/oom_score_adj 2>/dev/null; exec bash -c "$0"';
  const child = spawn("/bin/bash", ["-c", script, command], {
    cwd,
    env: { ...baseEnvironment, ...env, MOLTWORKER_JOB: id },
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    ...toolUser,
  });

  const killGroup = async () => {
    try {
      if (child.pid) process.kill(-child.pid, "SIGKILL");
    } catch {
      // Nobody is left in it.
    }
    // Those that left the group still carry the mark; a fork bomb has to be hit at once, whole, and with it all else that tools run.
    const { left } = await Promise.race([sweep(id).catch(() => ({ left: 1 })), sleep(sweepMs).then(() => ({ left: 1 }))]);
    for (let round = 0; left > 0 && round < 10 && endEveryTool(); round += 1) await sleep(20);
  };
  job.kill = (reason) => {
    if (job.endedAt !== undefined) return;
    killed ??= reason;
    void killGroup();
  };

  const receive = (name, source) => {
    const decoder = new StringDecoder("utf8");
    return (async () => {
      for await (const chunk of source) {
        kept.bytes += chunk.length;
        if (kept.bytes > mostOutputBytes) {
          job.kill(`it wrote more than ${mostOutputBytes / 1_000_000} MB of output`);
          continue;
        }
        const text = decoder.write(chunk);
        kept.text += text;
        if (kept.text.length > keptBytes) {
          kept.from += kept.text.length - keptBytes / 2;
          kept.text = kept.text.slice(-keptBytes / 2);
        }
        if (stream && kept.bytes <= keptBytes) await stream.send({ type: "output", name, text });
      }
    })().catch(() => {});
  };
  const reading = Promise.all([receive("stdout", child.stdout), receive("stderr", child.stderr)]);
  const timer = setTimeout(() => job.kill(`it ran longer than ${Math.round(timeoutMs / 1_000)} seconds`), timeoutMs);

  job.row = () => ({
    id,
    command: command.slice(0, 500),
    startedAt,
    endedAt: job.endedAt ?? null,
    running: job.endedAt === undefined,
    ...result,
  });
  job.output = (after) => ({
    text: kept.text.slice(Math.max(0, after - kept.from)),
    next: kept.from + kept.text.length,
    dropped: after < kept.from,
  });
  job.ended = new Promise((resolve) => {
    const finish = async (code, signal, error) => {
      clearTimeout(timer);
      await killGroup();
      // Something that left the group may hold the pipe open: the command itself has ended, and that is what counts.
      await Promise.race([reading, new Promise((done) => setTimeout(done, 1_000))]);
      child.stdout?.destroy();
      child.stderr?.destroy();
      result = {
        exitCode: code,
        signal,
        outputBytes: kept.bytes,
        ...(killed ? { killed } : {}),
        ...(error ? { error } : {}),
        ...(oomKills() > oomBefore ? { outOfMemory: true } : {}),
      };
      job.endedAt = Date.now();
      if (stream) await stream.send({ type: "exit", ...result, durationMs: job.endedAt - startedAt });
      resolve();
    };
    child.once(
      "error",
      (error) => void finish(null, null, error.code === "EAGAIN" ? "no more processes are allowed" : error.message),
    );
    // "exit", not "close": a child that was left behind may keep the pipes open for ever.
    child.once("exit", (code, signal) => void finish(code, signal));
  });
  return job;
}

/** How often the kernel has taken a process of this container for want of memory; both layouts of cgroups. */
function oomKills() {
  for (const path of ["/sys/fs/cgroup/memory.events", "/sys/fs/cgroup/memory/memory.oom_control"]) {
    try {
      return Number(/^oom_kill (\d+)$/m.exec(readFileSync(path, "utf8"))?.[1] ?? 0);
    } catch {
      // The other layout.
    }
  }
  return 0;
}

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** In one stroke, which no process escapes by forking; the first process and this one are spared. False when there was none. */
function endEveryTool() {
  try {
    return process.kill(-1, "SIGKILL");
  } catch {
    return false;
  }
}

const fault = (status, message) => Object.assign(new Error(message), { status });
