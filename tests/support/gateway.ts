/** A running server with fake providers behind its AI gateway, and callers of it that speak HTTP without a library in between. */

import { connect, type Socket } from "node:net";
import type { GatewayLogRow } from "@moltworker/protocol/gateway";
import { type FakeUpstream, startFakeUpstream } from "../fakes/upstream.ts";
import { gatewayTokenOf } from "./client.ts";
import { type Server, startServer } from "./server.ts";
import { openStock, type StockSocket } from "./stock-socket.ts";

export interface GatewayWorld {
  server: Server;
  upstream: FakeUpstream;
  owner: StockSocket;
  /** A new connection of the owner's, after the server or the test ended the old one. */
  reconnect(): Promise<void>;
  /** A token for the gateway alone. */
  token: string;
  /** `http://127.0.0.1:port`, without a slash. */
  base: string;
  set(config: Record<string, unknown>): Promise<void>;
  newToken(label: string, more?: Record<string, unknown>): Promise<{ token: string; id: string }>;
  call<Payload>(method: string, params?: Record<string, unknown>): Promise<Payload>;
  post(path: string, body: unknown, headers?: Record<string, string>, init?: RequestInit): Promise<Response>;
  /** The row of a call once it is settled: by its answer, by the head of a raw one, or by its id. */
  settled(of: Response | RawCall | string): Promise<GatewayLogRow>;
  dispose(): Promise<void>;
}

/** Settings that each server of a test file starts with. */
export const gatewayDefaults: { config?: Record<string, unknown> } = {};

const providerKeys = { openai: "sk-openai-stored", anthropic: "sk-ant-stored", google: "AIza-stored" };

export async function startGateway(env: Record<string, string> = {}): Promise<GatewayWorld> {
  const upstream = await startFakeUpstream();
  const server = await startServer({
    env: {
      OPENAI_API_KEY: providerKeys.openai,
      OPENAI_BASE_URL: `${upstream.url}/v1`,
      ANTHROPIC_API_KEY: providerKeys.anthropic,
      ANTHROPIC_BASE_URL: `${upstream.url}/v1`,
      GEMINI_API_KEY: providerKeys.google,
      GEMINI_BASE_URL: `${upstream.url}/v1beta`,
      ...env,
    },
  });
  let owner = await openStock(server.url, gatewayTokenOf(server.dataDir));
  const call = async <Payload>(method: string, params: Record<string, unknown> = {}): Promise<Payload> => {
    const answer = await owner.call(method, params);
    if (!answer.ok) throw new Error(`${method}: ${answer.error?.message}`);
    return answer.payload as Payload;
  };
  const newToken = async (label: string, more: Record<string, unknown> = {}) => {
    const made = await call<{ token: string; row: { id: string } }>("auth.tokens.create", {
      label,
      scopes: ["gateway.use"],
      ...more,
    });
    return { token: made.token, id: made.row.id };
  };
  const { token } = await newToken("tests");
  const base = server.url.replace(/\/$/, "");
  // The server looks for models by itself; what a test counts begins after it.
  await call("models.list");
  const set = async (config: Record<string, unknown>) => void (await call("config.patch", { raw: JSON.stringify(config) }));
  if (gatewayDefaults.config) await set(gatewayDefaults.config);
  return {
    server,
    upstream,
    get owner() {
      return owner;
    },
    async reconnect() {
      owner.close();
      owner = await openStock(server.url, gatewayTokenOf(server.dataDir));
    },
    token,
    base,
    call,
    newToken,
    set,
    post: (path, body, headers = {}, init = {}) =>
      fetch(`${base}${path}`, {
        method: "POST",
        headers: { "content-type": "application/json", "cf-aig-authorization": `Bearer ${token}`, ...headers },
        body: typeof body === "string" ? body : JSON.stringify(body),
        ...init,
      }),
    settled: async (of) => {
      const id =
        typeof of === "string"
          ? of
          : of instanceof Response
            ? of.headers.get("cf-aig-log-id")
            : /^cf-aig-log-id: *(\S+)/im.exec(of.text())?.[1];
      for (let tries = 0; tries < 200; tries += 1) {
        const found = await owner.call("gateway.logs.get", { id });
        if (found.ok) return (found.payload as { row: GatewayLogRow }).row;
        await new Promise((resolve) => setTimeout(resolve, 25));
      }
      throw new Error(`the call ${id} was never settled`);
    },
    dispose: async () => {
      owner.close();
      await server.dispose();
      await upstream.close();
    },
  };
}

/** A connection that a test can end in either way; sends one POST and collects what comes. */
export interface RawCall {
  socket: Socket;
  /** What has come so far, as text. */
  text(): string;
  /** Resolves when the text fits. */
  until(matches: (text: string) => boolean, timeoutMs?: number): Promise<string>;
  /** Resolves when the connection is over; `clean` when the chunked body had its end. */
  over: Promise<{ clean: boolean }>;
}

export function rawPost(base: string, path: string, body: string, headers: Record<string, string>): RawCall {
  const { hostname, port, host } = new URL(base);
  const socket = connect(Number(port), hostname);
  const lines = [
    `POST ${path} HTTP/1.1`,
    `host: ${host}`,
    "content-type: application/json",
    `content-length: ${Buffer.byteLength(body)}`,
  ];
  for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`);
  socket.write(`${lines.join("\r\n")}\r\n\r\n${body}`);
  let text = "";
  const waiters = new Set<() => void>();
  const wake = () => {
    for (const waiter of waiters) waiter();
  };
  socket.on("data", (chunk) => {
    text += chunk.toString("utf8");
    wake();
  });
  socket.on("error", () => {});
  const over = new Promise<{ clean: boolean }>((resolve) => {
    socket.once("close", () => {
      resolve({ clean: /\r\n0\r\n\r\n$/.test(text) });
      wake();
    });
  });
  return {
    socket,
    text: () => text,
    over,
    until: (matches, timeoutMs = 10_000) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          waiters.delete(look);
          reject(new Error(`not seen within ${timeoutMs} ms: ${text.slice(-500)}`));
        }, timeoutMs);
        const look = () => {
          if (!matches(text)) return;
          clearTimeout(timer);
          waiters.delete(look);
          resolve(text);
        };
        waiters.add(look);
        look();
      }),
  };
}
