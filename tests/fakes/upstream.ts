/**
 * A provider of bytes for tests of the AI gateway: records every request as it came and answers as the test says, byte for
 * byte and fault for fault. What the dialects mean is the test's business.
 */

import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface SeenCall {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
  /** As they came on the wire: name, value, name, value … */
  rawHeaders: string[];
  body: Buffer;
  json: Record<string, unknown>;
  at: number;
  /** Resolves when the connection of this call is over; `whole` tells whether the answer had been sent in full. */
  closed: Promise<{ whole: boolean; at: number }>;
}

export type Answer = (response: ServerResponse, call: SeenCall) => unknown;

export interface FakeUpstream {
  url: string;
  calls: SeenCall[];
  /** How calls are answered from now on. */
  answer(with_: Answer): void;
  /** The n-th call from now on, past or to come; 0 is the first after the last `reset`. */
  call(index: number, timeoutMs?: number): Promise<SeenCall>;
  reset(): void;
  close(): Promise<void>;
}

export async function startFakeUpstream(): Promise<FakeUpstream> {
  let answer: Answer = (response) => json(response, {});
  const calls: SeenCall[] = [];
  const waiters = new Set<() => void>();
  const server = createServer({ keepAliveTimeout: 60_000 }, async (request, response) => {
    const at = performance.now();
    const closed = new Promise<{ whole: boolean; at: number }>((resolve) => {
      response.once("close", () => resolve({ whole: response.writableFinished, at: performance.now() }));
    });
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer);
    } catch {
      return;
    }
    const body = Buffer.concat(chunks);
    const call: SeenCall = {
      method: request.method ?? "",
      url: request.url ?? "",
      headers: request.headers,
      rawHeaders: request.rawHeaders,
      body,
      json: parse(body),
      at,
      closed,
    };
    calls.push(call);
    for (const wake of waiters) wake();
    await answer(response, call);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    answer: (next) => {
      answer = next;
    },
    call: (index, timeoutMs = 10_000) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`no call ${index} within ${timeoutMs} ms`)), timeoutMs);
        const look = () => {
          const call = calls[index];
          if (!call) return;
          clearTimeout(timer);
          waiters.delete(look);
          resolve(call);
        };
        waiters.add(look);
        look();
      }),
    reset: () => {
      calls.length = 0;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function parse(body: Buffer): Record<string, unknown> {
  try {
    return JSON.parse(body.toString("utf8")) as Record<string, unknown>;
  } catch {
    return {};
  }
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export function json(response: ServerResponse, body: unknown, status = 200, headers: Record<string, string> = {}): void {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(typeof body === "string" ? body : JSON.stringify(body));
}

export function openStream(response: ServerResponse, headers: Record<string, string> = {}): void {
  response.writeHead(200, { "content-type": "text/event-stream", ...headers });
  response.flushHeaders();
}

export const event = (data: unknown, name?: string): string =>
  `${name ? `event: ${name}\n` : ""}data: ${typeof data === "string" ? data : JSON.stringify(data)}\n\n`;

/** Sends events, each after a pause, as long as anybody listens. */
export async function sendEvents(response: ServerResponse, events: readonly string[], pauseMs = 0): Promise<void> {
  if (!response.headersSent) openStream(response);
  for (const one of events) {
    if (response.destroyed) return;
    response.write(one);
    if (pauseMs > 0) await pause(pauseMs);
  }
}

/** Drops the connection without an end. */
export const reset = (response: ServerResponse): void => void response.socket?.resetAndDestroy();

export const chatChunk = (content: string, more: Record<string, unknown> = {}) => ({
  id: "chatcmpl-1",
  object: "chat.completion.chunk",
  created: 1,
  model: "gpt-test",
  choices: [{ index: 0, delta: { content }, finish_reason: null }],
  ...more,
});
export const chatUsage = { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 };
export const chatBody = (content = "hello") => ({
  id: "chatcmpl-1",
  object: "chat.completion",
  created: 1,
  model: "gpt-test",
  choices: [{ index: 0, message: { role: "assistant", content }, finish_reason: "stop" }],
  usage: chatUsage,
});
export const chatEvents = (words: readonly string[]): string[] => [
  event({ ...chatChunk(""), choices: [{ index: 0, delta: { role: "assistant", content: "" }, finish_reason: null }] }),
  ...words.map((word) => event(chatChunk(word))),
  event({ ...chatChunk(""), choices: [{ index: 0, delta: {}, finish_reason: "stop" }] }),
  event({ ...chatChunk(""), choices: [], usage: chatUsage }),
  event("[DONE]"),
];
export const anthropicEvents = (words: readonly string[]): string[] => [
  event(
    {
      type: "message_start",
      message: {
        id: "msg_1",
        type: "message",
        role: "assistant",
        model: "claude-test",
        content: [],
        stop_reason: null,
        usage: { input_tokens: 9, cache_read_input_tokens: 5, cache_creation_input_tokens: 2, output_tokens: 1 },
      },
    },
    "message_start",
  ),
  event({ type: "ping" }, "ping"),
  event({ type: "content_block_start", index: 0, content_block: { type: "text", text: "" } }, "content_block_start"),
  ...words.map((word) =>
    event({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text: word } }, "content_block_delta"),
  ),
  event({ type: "content_block_stop", index: 0 }, "content_block_stop"),
  event({ type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 12 } }, "message_delta"),
  event({ type: "message_stop" }, "message_stop"),
];
