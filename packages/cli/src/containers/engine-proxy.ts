/**
 * Stands between workerd and the Docker Engine. workerd sees an engine with its own containers and nothing else; what it
 * creates is what `create-policy.ts` says. Beside that, under `/moltworker/`, the container objects ask what workerd cannot
 * tell them. Whoever reaches the socket may use it, so it lies in a folder of the owner alone.
 */

import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { connect, type Socket } from "node:net";
import { isMoltError } from "@moltworker/protocol/errors";
import { engineName, parseName } from "./container-names.ts";
import { appContainer, type ContainerPolicy, networkContainer } from "./create-policy.ts";
import { textOf } from "./docker-engine.ts";
import type { HostRoutes } from "./host-routes.ts";
import { imagePrefix } from "./image-sources.ts";

export interface EngineProxyOptions {
  owner: string;
  socketPath: string;
  routes: HostRoutes;
  log(event: string, fields: Record<string, unknown>): void;
}

interface Passed {
  path: string;
  body?: string;
}

const longestBody = 1_000_000;
/** The network of a newer build than the one that this supervisor was started with. */
const networkPrefix = `${imagePrefix}sidecar:`;

export async function createEngineProxy(options: EngineProxyOptions): Promise<Server> {
  const { createServer, request: httpRequest } = await import("node:http");
  const { owner, socketPath, routes, log } = options;
  /** Exec instances that were made through us; the engine's others are none of workerd's business. */
  const execs = new Set<string>();

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "http://engine");
    const body = await bodyOf(request);
    if (url.pathname.startsWith("/moltworker/")) return sendJson(response, 200, await routes.handle(url, body));
    if (request.method === "GET" && url.pathname === "/volumes") return sendJson(response, 200, { Volumes: [], Warnings: null });
    if (request.method === "GET" && url.pathname === "/networks/bridge") return sendJson(response, 200, await routes.bridge());
    if (routes.isHeld() && endsContainer(request.method ?? "", url)) return void response.writeHead(204).end();
    const passed = translate(request.method ?? "", url, body);
    if (!passed) {
      log("containers.refused", { method: request.method, path: url.pathname });
      return sendJson(response, 403, { message: "the assistant's policy does not allow this" });
    }
    pass(request, response, passed);
  }

  /** What is sent to the engine instead; undefined when the policy forbids it. Throws with a reason in words. */
  function translate(method: string, url: URL, body: string): Passed | undefined {
    if (method === "POST" && url.pathname === "/containers/create") return create(url, body);
    const exec = /^\/exec\/([0-9a-f]+)\/(json|resize|start)$/.exec(url.pathname);
    if (exec?.[1] && execs.has(exec[1])) return { path: url.pathname + url.search, body };
    const match = /^\/containers\/([^/]+)(?:\/(json|start|stop|kill|wait|exec))?$/.exec(url.pathname);
    const name = match?.[1] ? parseName(match[1]) : undefined;
    const verb = `${method} ${match?.[2] ?? ""}`.trim();
    if (!name || !["GET json", "POST start", "POST stop", "POST kill", "POST wait", "POST exec", "DELETE"].includes(verb))
      return undefined;
    routes.touch(name.object);
    const path = `/containers/${engineName(owner, name)}${match?.[2] ? `/${match[2]}` : ""}${url.search}`;
    if (verb !== "POST exec") return { path, body };
    const asked = JSON.parse(body) as Record<string, unknown>;
    return { path, body: JSON.stringify({ ...asked, Privileged: false, User: "1000:1000" }) };
  }

  function create(url: URL, body: string): Passed | undefined {
    const name = parseName(url.searchParams.get("name") ?? "");
    const policy: ContainerPolicy | undefined = name && routes.policyOf(name.object);
    if (!name || !policy) return undefined;
    routes.touch(name.object);
    const network = engineName(owner, { ...name, isNetwork: true });
    const names = { owner, object: name.object, network };
    const asked = JSON.parse(body) as { Cmd?: string[]; Image?: string };
    const made = name.isNetwork
      ? networkContainer(
          asked.Image?.startsWith(networkPrefix) ? asked.Image : routes.networkImage,
          asked.Cmd ?? [],
          policy,
          names,
        )
      : appContainer(asked, policy, names);
    return { path: `/containers/create?name=${engineName(owner, name)}`, body: JSON.stringify(made) };
  }

  function pass(request: IncomingMessage, response: ServerResponse, { path, body = "" }: Passed): void {
    const headers: Record<string, string> = body === "" ? {} : { "content-type": "application/json" };
    const call = httpRequest(
      { socketPath, method: request.method, path, headers: { ...headers, "content-length": Buffer.byteLength(body) } },
      (answer) => void answered(answer).catch(() => response.destroy()),
    );
    const answered = async (answer: IncomingMessage) => {
      const status = answer.statusCode ?? 502;
      if (/\/containers\/[^/]+\/exec$/.test(path) && status === 201) {
        const text = await textOf(answer);
        execs.add((JSON.parse(text) as { Id: string }).Id);
        response.writeHead(status, { "content-type": "application/json" }).end(text);
        return;
      }
      if (request.method === "GET" && path.endsWith("-network/json") && status === 200) {
        const text = await textOf(answer);
        routes.networkSeen(text);
        response.writeHead(status, { "content-type": "application/json" }).end(text);
        return;
      }
      response.writeHead(status, { "content-type": answer.headers["content-type"] ?? "application/json" });
      // workerd waits for the head of a `wait` that may take hours.
      response.flushHeaders();
      answer.pipe(response);
    };
    call.on("error", () =>
      response.headersSent ? response.destroy() : sendJson(response, 503, { message: "the Docker Engine does not answer" }),
    );
    response.on("close", () => call.destroy());
    call.end(body);
  }

  /** An exec becomes a raw stream in both directions: the two sockets are joined. */
  function join(request: IncomingMessage, socket: Socket, head: Buffer): void {
    const url = new URL(request.url ?? "/", "http://engine");
    const id = /^\/exec\/([0-9a-f]+)\/start$/.exec(url.pathname)?.[1];
    if (!id || !execs.has(id)) {
      socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
      return;
    }
    const engine = connect(socketPath, () => {
      const lines = request.rawHeaders.flatMap((name, at, all) => (at % 2 === 0 ? [`${name}: ${all[at + 1]}`] : []));
      engine.write(`POST ${url.pathname} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`);
      engine.write(head);
      socket.pipe(engine).pipe(socket);
    });
    engine.on("error", () => socket.destroy());
    socket.on("error", () => engine.destroy());
    socket.on("close", () => engine.destroy());
  }

  const server = createServer((request, response) => {
    handle(request, response).catch((error: Error) => {
      log("containers.fault", { path: request.url, message: error.message });
      if (response.headersSent) return response.destroy();
      sendJson(response, isMoltError(error) ? 503 : 400, {
        message: error.message,
        ...(isMoltError(error) ? { code: error.code, hint: error.hint } : {}),
      });
    });
  });
  server.requestTimeout = 0;
  server.on("upgrade", join);
  return server;
}

const endsContainer = (method: string, { pathname }: URL) =>
  /^\/containers\/[^/]+(\/(stop|kill))?$/.test(pathname) &&
  (method === "DELETE" || (method === "POST" && pathname.split("/").length === 4));

function sendJson(response: ServerResponse, status: number, value: unknown): void {
  const text = JSON.stringify(value);
  response.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(text) }).end(text);
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += (chunk as Buffer).length;
    if (size > longestBody) throw new Error("the request is too long");
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString("utf8");
}
