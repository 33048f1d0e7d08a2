/**
 * One HTTP request and one WebSocket upgrade, seen as they are: redirects are not followed, certificates are checked, and
 * what stands in between shows itself by its answer. Works on every Node.js that runs the command.
 */

import { randomBytes } from "node:crypto";
import { type IncomingMessage, type RequestOptions, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import type { Duplex } from "node:stream";

export interface Answer {
  status: number;
  headers: IncomingMessage["headers"];
  body: string;
  /** The body as a JSON object, if it is one. */
  json: Record<string, unknown> | undefined;
  /** Between request and answer, epoch ms: what the `Date` header is held against. */
  atMs: number;
}

/** Where it broke: the name, the connection, or TLS. */
export type Broken = { kind: "name" | "connection" | "tls"; code: string; words: string };
export type Reached = { answer: Answer } | { broken: Broken };
/** `frame` is the first thing the server said; undefined when it said nothing in time. */
export type Upgraded = { answer: Answer } | { broken: Broken } | { frame: Record<string, unknown> | undefined };

export interface Sent {
  method?: "GET" | "POST";
  headers?: Record<string, string>;
  body?: string;
  timeoutMs?: number;
}

const defaultTimeoutMs = 10_000;
const largestBody = 4_000_000;

export function exchange(url: URL, sent: Sent = {}): Promise<Reached> {
  return new Promise((resolve) => {
    const body = sent.body === undefined ? undefined : Buffer.from(sent.body);
    const type: Record<string, string> = body
      ? { "content-type": "application/json", "content-length": String(body.length) }
      : {};
    const request = open(url, { method: sent.method ?? "GET", headers: { ...sent.headers, ...type } }, sent.timeoutMs);
    request.on("response", (response) => void readAnswer(response).then((answer) => resolve({ answer })));
    request.on("error", (error) => resolve({ broken: brokenFrom(error) }));
    request.end(body);
  });
}

/** Opens `/ws` as a browser on the assistant's own page would, and hears its first frame. */
export function upgrade(url: URL, headers: Record<string, string>, timeoutMs = defaultTimeoutMs): Promise<Upgraded> {
  return new Promise((resolve) => {
    const asked = {
      ...headers,
      connection: "Upgrade",
      upgrade: "websocket",
      origin: url.origin,
      "sec-websocket-version": "13",
      "sec-websocket-key": randomBytes(16).toString("base64"),
    };
    const request = open(new URL("/ws", url), { method: "GET", headers: asked }, timeoutMs);
    request.on("upgrade", (_, socket, head) => void firstFrame(socket, head, timeoutMs).then((frame) => resolve({ frame })));
    request.on("response", (response) => void readAnswer(response).then((answer) => resolve({ answer })));
    request.on("error", (error) => resolve({ broken: brokenFrom(error) }));
    request.end();
  });
}

function open(url: URL, options: RequestOptions, timeoutMs = defaultTimeoutMs) {
  const send = url.protocol === "https:" ? requestHttps : requestHttp;
  // An address in brackets is one for URLs only.
  const hostname = url.hostname.replace(/^\[|\]$/g, "");
  const request = send({
    ...options,
    hostname,
    port: url.port || undefined,
    path: `${url.pathname}${url.search}`,
    agent: false,
  });
  const late = () => request.destroy(Object.assign(new Error(`no answer within ${timeoutMs} ms`), { code: "ETIMEDOUT" }));
  const timer = setTimeout(late, timeoutMs);
  request.on("close", () => clearTimeout(timer));
  return request;
}

/** A body that is cut or too long counts as far as it came. */
async function readAnswer(response: IncomingMessage): Promise<Answer> {
  const atMs = Date.now();
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      size += chunk.length;
      if (size > largestBody) break;
    }
  } catch {
    // Cut: the status and the headers say enough.
  }
  const body = Buffer.concat(chunks).toString("utf8");
  return { status: response.statusCode ?? 0, headers: response.headers, body, json: jsonObject(body), atMs };
}

/** A server's first frame is short, whole and not masked; anything else counts as nothing. */
function firstFrame(socket: Duplex, head: Buffer, timeoutMs: number): Promise<Record<string, unknown> | undefined> {
  return new Promise((resolve) => {
    let received = head;
    const end = (frame: Record<string, unknown> | undefined) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(frame);
    };
    const timer = setTimeout(() => end(undefined), timeoutMs);
    const look = () => {
      const text = frameText(received);
      if (text !== undefined) end(jsonObject(text));
    };
    socket.on("data", (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      look();
    });
    for (const event of ["end", "error", "close"] as const) socket.on(event, () => end(undefined));
    look();
  });
}

function frameText(bytes: Buffer): string | undefined {
  if (bytes.length < 2) return undefined;
  const short = bytes.readUInt8(1) & 0x7f;
  if (short === 127 || (short === 126 && bytes.length < 4)) return undefined;
  const start = short === 126 ? 4 : 2;
  const length = short === 126 ? bytes.readUInt16BE(2) : short;
  return bytes.length < start + length ? undefined : bytes.subarray(start, start + length).toString("utf8");
}

function jsonObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function brokenFrom(error: Error & { code?: string }): Broken {
  const code = error.code ?? "";
  const words = error.message.split("\n")[0] ?? "";
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return { kind: "name", code, words };
  const isTls = /^(ERR_TLS|ERR_SSL|CERT_|DEPTH_|SELF_SIGNED|UNABLE_TO_|EPROTO|HOSTNAME_MISMATCH)/.test(code);
  return { kind: isTls ? "tls" : "connection", code, words };
}
