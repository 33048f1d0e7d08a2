/** Sends a stream to the assistant and reads its JSON answer. */

import { type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { errorFromWire, MoltError } from "@moltworker/protocol/errors";

export interface Target {
  /** Origin of the assistant. */
  url: URL;
  /** Host key or gateway token, for the Authorization header. */
  secret: string;
}

/** Throws the assistant's own error; NOT_RUNNING when nobody answers. */
export async function send<Answer>(
  target: Target,
  call: { method: "PUT" | "POST" | "GET"; path: string; contentType?: string; body?: Readable },
): Promise<Answer> {
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
    const response = await answered;
    const chunks: Buffer[] = [];
    for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString("utf8");
    return answerOf<Answer>(response.statusCode ?? 0, text);
  } catch (error) {
    if (error instanceof MoltError) throw error;
    throw new MoltError("NOT_RUNNING", {
      message: `the assistant at ${target.url.origin} does not answer (${(error as Error).message})`,
    });
  }
}

function answerOf<Answer>(status: number, text: string): Answer {
  let body: Record<string, unknown>;
  try {
    body = JSON.parse(text) as Record<string, unknown>;
  } catch {
    throw new MoltError("NOT_MOLTWORKER", { message: `the answer is not the assistant's (status ${status})` });
  }
  if (status >= 200 && status < 300) return body as Answer;
  throw errorFromWire(body.error);
}
