/**
 * A fake model server on loopback that speaks the real wire formats: Chat Completions, Responses, Anthropic Messages and
 * Google. Every request is recorded; replies come from the test's script, or from directives in the user's text (reply.ts).
 * Deterministic: the same requests in the same order get the same bytes.
 */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { answerModels, type FakeModel } from "./models.ts";
import { type Conversation, defaultReply, type FakeReply, faultLimit } from "./reply.ts";
import type { FakeRequest } from "./request.ts";
import { sendReply } from "./send.ts";
import type { Json, Turn, Wire } from "./wire.ts";
import { anthropicWire } from "./wire-anthropic.ts";
import { chatWire } from "./wire-chat.ts";
import { googleWire } from "./wire-google.ts";
import { responsesWire } from "./wire-responses.ts";

export type Script = (request: FakeRequest) => FakeReply | undefined | Promise<FakeReply | undefined>;

export interface FakeProviderOptions {
  /** 0, the default, takes a free one. */
  port?: number;
  /** When set, any other key gets 401. */
  apiKey?: string;
  /** Words in an answer to a text without directives; absent: the answer echoes. */
  tokens?: number;
  /** Milliseconds between chunks of such answers. */
  delayMs?: number;
  models?: FakeModel[];
  /** Requests to keep; older ones are forgotten. Default 100,000. 0 keeps none (for benches). */
  keep?: number;
}

export interface FakeProvider {
  /** `http://127.0.0.1:<port>`, no trailing slash. Append `/v1` for OpenAI-like clients and Anthropic, `/v1beta` for Google. */
  url: string;
  port: number;
  requests: FakeRequest[];
  /** The first recorded or coming request that fits. Rejects after `timeoutMs` (default 10,000). */
  waitForRequest(predicate: (request: FakeRequest) => boolean, timeoutMs?: number): Promise<FakeRequest>;
  /** Resolves when that request is no longer open; returns its final state. */
  waitForEnd(request: FakeRequest, timeoutMs?: number): Promise<FakeRequest["state"]>;
  /** undefined from the script, or no script, means the default reply. */
  script(script: Script | undefined): void;
  /** Replaces the key that is expected; undefined accepts any. */
  expectKey(key: string | undefined): void;
  setModels(models: FakeModel[]): void;
  close(): Promise<void>;
}

interface Waiter {
  test(): boolean;
  resolve(): void;
}

const hiddenHeaders = new Set(["authorization", "x-api-key", "x-goog-api-key", "cookie", "cf-aig-authorization"]);

export async function startFakeProvider(options: FakeProviderOptions = {}): Promise<FakeProvider> {
  const provider = new FakeServer(options);
  await provider.listen(options.port ?? 0);
  return provider;
}

class FakeServer implements FakeProvider {
  url = "";
  port = 0;
  requests: FakeRequest[] = [];
  private readonly options: FakeProviderOptions;
  private readonly server: Server;
  private current: Script | undefined;
  private key: string | undefined;
  private models: FakeModel[] | undefined;
  private count = 0;
  private readonly strikes = new Map<string, number>();
  private waiters: Waiter[] = [];

  constructor(options: FakeProviderOptions) {
    this.options = options;
    this.key = options.apiKey;
    this.models = options.models;
    this.server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
      this.handle(request, response).catch((error: unknown) => {
        if (!response.headersSent) response.writeHead(500, { "content-type": "text/plain" });
        response.end(`fake provider failed: ${String(error)}`);
      });
    });
  }

  async listen(port: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.server.once("error", reject);
      this.server.listen(port, "127.0.0.1", resolve);
    });
    this.port = (this.server.address() as AddressInfo).port;
    this.url = `http://127.0.0.1:${this.port}`;
  }

  script(script: Script | undefined): void {
    this.current = script;
  }

  expectKey(key: string | undefined): void {
    this.key = key;
  }

  setModels(models: FakeModel[]): void {
    this.models = models;
  }

  async waitForRequest(predicate: (request: FakeRequest) => boolean, timeoutMs = 10_000): Promise<FakeRequest> {
    let found: FakeRequest | undefined;
    await this.waitUntil("request", timeoutMs, () => {
      found = this.requests.find(predicate);
      return found !== undefined;
    });
    return found as FakeRequest;
  }

  async waitForEnd(request: FakeRequest, timeoutMs = 10_000): Promise<FakeRequest["state"]> {
    await this.waitUntil(`end of request ${request.index}`, timeoutMs, () => request.state !== "open");
    return request.state;
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.server.close(() => resolve());
      this.server.closeAllConnections();
    });
  }

  private waitUntil(what: string, timeoutMs: number, test: () => boolean): Promise<void> {
    if (test()) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const waiter: Waiter = { test, resolve };
      const timer = setTimeout(() => {
        this.waiters = this.waiters.filter((one) => one !== waiter);
        reject(new Error(`fake provider: no ${what} within ${timeoutMs} ms`));
      }, timeoutMs);
      waiter.resolve = () => {
        clearTimeout(timer);
        resolve();
      };
      this.waiters.push(waiter);
    });
  }

  private notify(): void {
    if (this.waiters.length === 0) return;
    const ready = this.waiters.filter((waiter) => waiter.test());
    this.waiters = this.waiters.filter((waiter) => !ready.includes(waiter));
    for (const waiter of ready) waiter.resolve();
  }

  private async handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = incoming.url ?? "/";
    const path = url.split("?")[0] ?? "/";
    const text = await readBody(incoming);
    if (path.startsWith("/__fake/")) return this.control(path, url, response);
    const wire = incoming.method === "POST" ? wireOf(path) : undefined;
    if (!wire)
      return answerModels(response, {
        path,
        headers: incoming.headers,
        body: text,
        models: this.models,
        keyOk: this.keyOk(incoming),
      });
    const request = this.record(incoming, path, wire, text);
    const reply = await this.replyTo(request);
    response.once("close", () => {
      if (request.state === "open") request.state = "closed";
      this.notify();
    });
    await sendReply(response, { wire, request, reply: request.keyOk ? reply : { fault: "401" } });
    this.notify();
  }

  private record(incoming: IncomingMessage, path: string, wire: Wire, text: string): FakeRequest {
    const body = JSON.parse(text) as Json;
    const read = wire.read(body, path);
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(incoming.headers)) {
      if (!hiddenHeaders.has(name)) headers[name] = String(value);
    }
    const request: FakeRequest = {
      index: this.count,
      at: performance.timeOrigin + performance.now(),
      path,
      dialect: wire.name,
      model: read.model,
      stream: read.stream,
      tools: read.tools,
      keyOk: this.keyOk(incoming),
      keyInUrl: /[?&](key|api_key|token)=/.test(incoming.url ?? ""),
      headers,
      body,
      bodyBytes: text.length,
      state: "open",
      ...conversationOf(read.turns),
    };
    this.count += 1;
    const keep = this.options.keep ?? 100_000;
    if (keep > 0) this.requests.push(request);
    if (this.requests.length > keep) this.requests.splice(0, this.requests.length - keep);
    this.notify();
    return request;
  }

  private keyOk(incoming: IncomingMessage): boolean {
    if (this.key === undefined) return true;
    const { authorization, "x-api-key": anthropic, "x-goog-api-key": google } = incoming.headers;
    return [authorization?.replace(/^Bearer /, ""), anthropic, google].includes(this.key);
  }

  private async replyTo(request: FakeRequest): Promise<FakeReply> {
    const scripted = await this.current?.(request);
    if (scripted) return scripted;
    const reply = defaultReply(request, this.options.tokens);
    reply.delayMs ??= this.options.delayMs ?? 0;
    if (!reply.fault) return reply;
    const strikes = (this.strikes.get(request.lastUserText) ?? 0) + 1;
    this.strikes.set(request.lastUserText, strikes);
    if (strikes > faultLimit(request.lastUserText)) delete reply.fault;
    return reply;
  }

  /** For callers in another process: what was asked so far, as JSON. */
  private control(path: string, url: string, response: ServerResponse): void {
    const since = Number(/since=(\d+)/.exec(url)?.[1] ?? 0);
    const rows = this.requests
      .filter((request) => request.index >= since)
      .map(({ body: _body, headers: _headers, ...row }) => row);
    const answer = path === "/__fake/requests" ? { count: this.count, requests: rows } : { ok: true, count: this.count };
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer));
  }
}

function wireOf(path: string): Wire | undefined {
  if (path.endsWith("/chat/completions")) return chatWire;
  if (path.endsWith("/responses")) return responsesWire;
  if (path.endsWith("/messages")) return anthropicWire;
  return /:(streamG|g)enerateContent$/.test(path) ? googleWire : undefined;
}

function conversationOf(turns: Turn[]): Conversation & { userTexts: string[] } {
  const lastUser = turns.findLastIndex((turn) => turn.kind === "user");
  const turn = turns[lastUser];
  const after = turns.slice(lastUser + 1);
  let first = lastUser;
  while (first > 0 && turns[first - 1]?.kind === "user") first -= 1;
  return {
    lastUserText: turn?.kind === "user" ? (turn.texts.at(-1) ?? "") : "",
    userTexts: after.length > 0 ? [] : turns.slice(Math.max(0, first)).flatMap((one) => (one.kind === "user" ? one.texts : [])),
    toolResults: after.flatMap((one) => (one.kind === "result" ? [one.text] : [])),
    steps: after.filter((one) => one.kind === "assistant").length,
  };
}

async function readBody(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return chunks.length === 1 ? (chunks[0] as Buffer).toString("utf8") : Buffer.concat(chunks).toString("utf8");
}
