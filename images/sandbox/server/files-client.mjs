/** Speaks with the worker that does everything with files, as the tool user. It is started anew when it was ended. */

import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { frameHead, framesOf } from "./frames.mjs";
import { toolUser } from "./jobs.mjs";

const program = fileURLToPath(new URL("./files-worker.mjs", import.meta.url));

export function createFiles() {
  let worker;
  /** What the container holds of the assistant's files, by path; it outlives the worker. */
  let manifest = {};

  function ensure() {
    if (worker && !worker.gone) return worker;
    const child = spawn(process.execPath, ["--max-old-space-size=256", program], {
      cwd: "/",
      env: { HOME: "/home/assistant" },
      stdio: ["pipe", "pipe", "inherit"],
      ...toolUser,
    });
    const waiting = [];
    const current = { child, waiting, gone: false };
    const fail = (error) => {
      current.gone = true;
      for (const { reject } of waiting.splice(0)) reject(error);
    };
    child.once("error", (error) =>
      fail(new Error(`files cannot be reached: ${error.code === "EAGAIN" ? "no more processes are allowed" : error.message}`)),
    );
    child.once("exit", () => fail(new Error("the files' own process was ended")));
    child.stdin.on("error", () => {});
    void hear(child.stdout, waiting).catch(() => child.kill("SIGKILL"));
    worker = current;
    send(current, { op: "manifest", manifest }).catch(() => {});
    return current;
  }

  async function hear(answers, waiting) {
    for await (const { row, data } of framesOf(answers)) {
      const { result, error, manifest: changed } = row;
      if (changed) manifest = changed;
      const next = waiting.shift();
      if (error) next?.reject(Object.assign(new Error(error), { status: 400 }));
      else next?.resolve(data === undefined ? result : { ...result, data });
    }
  }

  function send(current, message, data) {
    return new Promise((resolve, reject) => {
      current.waiting.push({ resolve, reject });
      current.child.stdin.write(frameHead(message, data));
      if (data?.length > 0) current.child.stdin.write(data);
    });
  }

  return {
    start: () => void ensure(),
    /** `data`: the bytes of a file, which the answer may have too. */
    ask: (message, data) => send(ensure(), message, data),
    /** Ends every process that carries a job's mark. A worker that runs needs no new process for that. */
    sweep: (id) => (worker && !worker.gone ? send(worker, { op: "sweep", id }) : Promise.resolve({ left: 1 })),
  };
}
