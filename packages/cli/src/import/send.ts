/** One request to an assistant, which takes a stream or gives one. */

import { type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { Readable, type Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { errorFromWire, MoltError } from "@moltworker/protocol/errors";

export interface Target {
  /** Origin of the assistant. */
  url: URL;
  /** Host key or gateway token, for the Authorization header. */
  secret: string;
}

interface Call {
  method: "PUT" | "POST" | "GET";
  path: string;
  contentType?: string;
  body?: Readable;
}

/** The JSON that it answers. Throws the assistant's own error; NOT_RUNNING when nobody answers. */
export async function send<Answer>(target: Target, call: Call): Promise<Answer> {
  return whileAnswered(target, call, async (response) => answerOf<Answer>(response.statusCode ?? 0, await textOf(response)));
}

/** Writes the bytes that it answers into a file. Throws as `send` does, and what the file system says. */
export async function fetchTo(target: Target, path: string, file: Writable): Promise<void> {
  let ofFile: Error | undefined;
  file.once("error", (error: NodeJS.ErrnoException) => {
    // A cut answer ends the file with its own error.
    if (error.syscall === "open" || error.syscall === "write") ofFile = error;
  });
  await whileAnswered(target, { method: "GET", path }, async (response) => {
    if (response.statusCode !== 200) throw errorOf(response.statusCode ?? 0, await textOf(response));
    await pipeline(response, file);
  }).catch((error: unknown) => {
    throw ofFile ?? error;
  });
}

async function whileAnswered<Value>(
  target: Target,
  call: Call,
  read: (response: IncomingMessage) => Promise<Value>,
): Promise<Value> {
  const open = target.url.protocol === "https:" ? requestHttps : requestHttp;
  const headers: Record<string, string> = {
    // A header carries bytes: a token outside ASCII goes as UTF-8, one character a byte.
    authorization: `Bearer ${Buffer.from(target.secret, "utf8").toString("latin1")}`,
    ...(call.contentType ? { "content-type": call.contentType } : {}),
  };
  const request = open(new URL(call.path, target.url), { method: call.method, headers, agent: false });
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    request.once("response", resolve);
    request.once("error", reject);
  });
  try {
    // The assistant may refuse before it has read everything: its answer counts, not the broken pipe.
    void pipeline(call.body ?? Readable.from([]), request).catch(() => undefined);
    return await read(await answered);
  } catch (error) {
    if (error instanceof MoltError) throw error;
    throw new MoltError("NOT_RUNNING", {
      message: `the assistant at ${target.url.origin} does not answer (${(error as Error).message})`,
    });
  }
}

async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

function answerOf<Answer>(status: number, text: string): Answer {
  if (status < 200 || status >= 300) throw errorOf(status, text);
  return bodyOf(status, text) as Answer;
}

const errorOf = (status: number, text: string): MoltError => errorFromWire(bodyOf(status, text).error);

function bodyOf(status: number, text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    throw new MoltError("NOT_MOLTWORKER", { message: `the answer is not the assistant's (status ${status})` });
  }
}
