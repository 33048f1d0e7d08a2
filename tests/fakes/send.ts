/** Puts a reply on the wire: whole, as a stream, or broken in the way that a fault asks for. */

import type { ServerResponse } from "node:http";
import type { FakeReply, Fault } from "./reply.ts";
import { argumentsText } from "./reply.ts";
import type { FakeRequest } from "./request.ts";
import type { Wire, WireContext } from "./wire.ts";

export interface Sending {
  wire: Wire;
  request: FakeRequest;
  reply: FakeReply;
}

const statusFaults: Partial<Record<Fault, { status: number; message: string; kind?: "quota" | "context" }>> = {
  "400": { status: 400, message: "Invalid request: the fake provider refused it." },
  "401": { status: 401, message: "Incorrect API key provided." },
  "402": { status: 402, message: "Your credit balance is too low to access the API." },
  "403": { status: 403, message: "Your key does not have permission to use this resource." },
  "404": { status: 404, message: "The model `fake` does not exist or you do not have access to it." },
  "413": { status: 413, message: "Request exceeds the maximum size." },
  "429": { status: 429, message: "Rate limit reached for requests." },
  "500": { status: 500, message: "The server had an error while processing your request." },
  "503": { status: 503, message: "The service is unavailable." },
  "529": { status: 529, message: "Overloaded" },
  quota: { status: 429, message: "You exceeded your current quota, please check your plan and billing details.", kind: "quota" },
  context: {
    status: 400,
    message: "prompt is too long: 250000 tokens > 200000 maximum. Your input exceeds the context window of this model.",
    kind: "context",
  },
};

export async function sendReply(response: ServerResponse, sending: Sending): Promise<void> {
  const { reply, request } = sending;
  const fault = reply.fault;
  if (reply.waitMs) await pause(reply.waitMs);
  const refusal = fault ? statusFaults[fault] : undefined;
  if (refusal) return sendRefusal(response, sending, refusal);
  if (fault === "hang-before") return;
  if (fault === "cut-before") return cut(response, request);
  if (fault === "html")
    return finish(
      response.writeHead(200, { "content-type": "text/html" }),
      request,
      "<!doctype html><html><title>Welcome</title></html>",
    );
  const usage = reply.usage === undefined ? estimatedUsage(sending) : reply.usage;
  const context: WireContext = { index: request.index, model: request.model, usage };
  if (!request.stream) {
    response.writeHead(200, { "content-type": "application/json" });
    return finish(response, request, JSON.stringify(sending.wire.whole(reply, context)));
  }
  response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache" });
  await sendStream(response, sending, sending.wire.frames(reply, context));
}

function sendRefusal(
  response: ServerResponse,
  { wire, reply, request }: Sending,
  refusal: { status: number; message: string; kind?: "quota" | "context" },
): void {
  const headers: Record<string, string> = { "content-type": "application/json" };
  if (reply.retryAfterSeconds !== undefined) headers["retry-after"] = String(reply.retryAfterSeconds);
  response.writeHead(refusal.status, headers);
  finish(
    response,
    request,
    JSON.stringify(wire.errorBody(refusal.status, reply.errorMessage ?? refusal.message, refusal.kind ?? "plain")),
  );
}

async function sendStream(response: ServerResponse, { wire, reply, request }: Sending, frames: string[]): Promise<void> {
  const half = Math.ceil(frames.length / 2);
  const delayMs = reply.fault === "slow" ? 200 : (reply.delayMs ?? 0);
  const error = wire.errorFrame(reply.errorMessage ?? "The engine is overloaded.");
  const broken = 'data: {"this is": not json\n\n';
  switch (reply.fault) {
    case "cut":
      await writeFrames(response, frames.slice(0, half), delayMs);
      return cut(response, request);
    case "hang-mid":
      return writeFrames(response, frames.slice(0, half), delayMs);
    case "truncated":
      await writeFrames(response, frames.slice(0, half), delayMs);
      return finish(response, request, "");
    case "empty":
      return finish(response, request, wire.name === "chat" ? "data: [DONE]\n\n" : "");
    case "malformed":
      return finish(response, request, broken + broken);
    case "malformed-mid":
      await writeFrames(response, frames.slice(0, half), delayMs);
      return finish(response, request, broken);
    case "error-in-200":
      return finish(response, request, error);
    case "error-mid":
      await writeFrames(response, frames.slice(0, half), delayMs);
      return finish(response, request, error);
    default:
      await writeFrames(response, delayMs > 0 ? frames : [], delayMs);
      return finish(response, request, delayMs > 0 ? "" : frames.join(""));
  }
}

/** Resolves when the bytes left the process, so that a cut afterwards cannot swallow them. */
async function writeFrames(response: ServerResponse, frames: string[], delayMs: number): Promise<void> {
  if (delayMs === 0) return write(response, frames.join(""));
  for (const frame of frames) {
    if (response.destroyed) return;
    await write(response, frame);
    await pause(delayMs);
  }
}

function write(response: ServerResponse, text: string): Promise<void> {
  if (text === "" || response.destroyed) return Promise.resolve();
  return new Promise((resolve) => response.write(text, () => resolve()));
}

function finish(response: ServerResponse, request: FakeRequest, text: string): void {
  if (!response.destroyed && request.state === "open") request.state = "done";
  response.end(text);
}

/** A moment between the last bytes and the reset, else the peer's kernel may drop what it has not handed over yet. */
async function cut(response: ServerResponse, request: FakeRequest): Promise<void> {
  await pause(20);
  if (request.state === "open") request.state = "cut";
  response.socket?.resetAndDestroy();
}

function estimatedUsage({ request, reply }: Sending) {
  const calls = (reply.toolCalls ?? []).map((call) => argumentsText(call)).join(" ");
  const said = `${reply.think ?? ""} ${reply.text ?? ""} ${calls}`;
  return { input: Math.ceil(request.bodyBytes / 4), output: Math.max(1, said.trim().split(/\s+/).length) };
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
