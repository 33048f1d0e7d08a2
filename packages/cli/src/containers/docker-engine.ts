/** The Docker Engine over its socket. Node's HTTP client is loaded at the first call: an assistant without containers never pays for it. */

import { existsSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { homedir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { MoltError } from "@moltworker/protocol/errors";

export interface EngineAnswer {
  status: number;
  text: string;
}

export interface DockerEngine {
  socketPath: string;
  /** Throws CONTAINER_ENGINE_MISSING when nothing listens there; any status is an answer. */
  call(method: string, path: string, body?: unknown): Promise<EngineAnswer>;
  /** The parsed body of a 2xx answer; undefined for 404. Throws CONTAINER_FAILED with the engine's own words. */
  json<Value>(method: string, path: string, body?: unknown): Promise<Value | undefined>;
  /** Sends a tar stream and returns the answer while it comes. */
  upload(path: string, tar: Readable): Promise<IncomingMessage>;
}

/** Where the engine listens: DOCKER_HOST when it names a socket, else the usual places. */
export function engineSocket(environment: NodeJS.ProcessEnv): string {
  const named = /^unix:\/\/(.+)$/.exec(environment.DOCKER_HOST ?? "")?.[1];
  if (named) return named;
  const usual = ["/var/run/docker.sock", join(homedir(), ".docker/run/docker.sock")];
  return usual.find((path) => existsSync(path)) ?? "/var/run/docker.sock";
}

export function createDockerEngine(socketPath: string): DockerEngine {
  async function send(method: string, path: string, headers: Record<string, string>, body: Readable | string | undefined) {
    const { request } = await import("node:http");
    return new Promise<IncomingMessage>((resolve, reject) => {
      const call = request({ socketPath, method, path, headers }, resolve);
      call.on("error", (error: NodeJS.ErrnoException) => reject(engineMissing(socketPath, error)));
      if (body === undefined || typeof body === "string") call.end(body);
      else body.on("error", (error) => call.destroy(error)).pipe(call);
    });
  }

  async function call(method: string, path: string, body?: unknown): Promise<EngineAnswer> {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const headers: Record<string, string> =
      text === undefined ? {} : { "content-type": "application/json", "content-length": String(Buffer.byteLength(text)) };
    const answer = await send(method, path, headers, text);
    return { status: answer.statusCode ?? 0, text: await textOf(answer) };
  }

  return {
    socketPath,
    call,
    async json<Value>(method: string, path: string, body?: unknown) {
      const { status, text } = await call(method, path, body);
      if (status === 404) return undefined;
      if (status >= 300) throw new MoltError("CONTAINER_FAILED", { message: `the Docker Engine refused: ${engineWords(text)}` });
      return (text === "" ? {} : JSON.parse(text)) as Value;
    },
    upload: (path, tar) => send("POST", path, { "content-type": "application/x-tar", "transfer-encoding": "chunked" }, tar),
  };
}

export async function textOf(answer: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

/** The engine's own words out of its JSON. */
export function engineWords(text: string): string {
  try {
    return String((JSON.parse(text) as { message?: string }).message ?? text).slice(0, 300);
  } catch {
    return text.slice(0, 300);
  }
}

function engineMissing(socketPath: string, error: NodeJS.ErrnoException): MoltError {
  const reasons: Record<string, string> = {
    ENOENT: "nothing is installed there",
    ECONNREFUSED: "it is not running",
    EACCES: "this user may not speak to it",
  };
  const hints: Record<string, string> = {
    ENOENT: "Install Docker (Debian: `apt-get install docker.io`) and start it.",
    ECONNREFUSED: "Start it: `systemctl start docker`.",
    EACCES: "Add this user to the group `docker`, then sign in again.",
  };
  const { code = "" } = error;
  return new MoltError("CONTAINER_ENGINE_MISSING", {
    message: `no Docker Engine answers at ${socketPath}: ${reasons[code] ?? error.message}`,
    ...(hints[code] ? { hint: hints[code] } : {}),
    cause: error,
  });
}
