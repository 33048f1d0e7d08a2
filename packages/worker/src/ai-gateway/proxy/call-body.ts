/** A request's body: held when rules, retries or records need it, streamed when it is large and nothing does. */

import { MoltError } from "@moltworker/protocol/errors";
import { forgetBody } from "../../platform/forget-body.ts";
import { decodeWhole, isWholeCoding } from "./codings.ts";
import type { HeaderRecord } from "./headers.ts";

export type Json = Record<string, unknown>;
export type Bytes = Uint8Array<ArrayBuffer>;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export const utf8 = (text: string): Bytes => encoder.encode(text) as Bytes;
export const textOf = (bytes: Uint8Array): string => decoder.decode(bytes);

export interface CallBody {
  /** All of it; null when there is none or it streams. */
  bytes: Bytes | null;
  stream: ReadableStream | null;
  /** The parsed body, or as much of its top level as its beginning told when it streams. */
  json: Json | undefined;
  /** Bytes, as far as known beforehand. */
  size: number;
}

/** Above this a body streams, unless something needs all of it. */
const streamAboveBytes = 1_048_576;
const headBytes = 65_536;

/** Throws PAYLOAD_TOO_LARGE, without holding any of it when the length is declared; INVALID_REQUEST for a body that says JSON and is none. */
export async function readCallBody(
  request: Request,
  headers: HeaderRecord,
  maxBytes: number,
  mustHold: boolean,
): Promise<CallBody> {
  const declared = headers["content-length"];
  const size = declared === undefined ? undefined : Number(declared);
  const { method } = request;
  // Asking for the stream makes one, so that it is not asked for where the length says enough.
  if (method === "GET" || method === "HEAD" || size === 0 || (size === undefined && !request.body))
    return { bytes: null, stream: null, json: undefined, size: 0 };
  if (size !== undefined && size > maxBytes) {
    await forgetBody(request.body, size);
    throw tooLarge(maxBytes);
  }
  const coding = headers["content-encoding"]?.trim().toLowerCase();
  const isJson = /[/+]json\b/i.test(headers["content-type"] ?? "application/json");
  if (coding && coding !== "identity") {
    const bytes = isWholeCoding(coding)
      ? await decodeWhole(await collect(streamOf(request), maxBytes), coding, maxBytes)
      : await collect(decoded(streamOf(request), coding), maxBytes);
    return { bytes, stream: null, json: isJson ? parseJson(bytes) : undefined, size: bytes.length };
  }
  if (size !== undefined && (size <= streamAboveBytes || mustHold)) {
    const bytes = new Uint8Array(await request.arrayBuffer());
    return { bytes, stream: null, json: isJson ? parseJson(bytes) : undefined, size };
  }
  if (size === undefined || mustHold || !isJson) {
    if (size !== undefined && !mustHold) return { bytes: null, stream: streamOf(request), json: undefined, size };
    const bytes = await collect(streamOf(request), maxBytes);
    return { bytes, stream: null, json: isJson ? parseJson(bytes) : undefined, size: bytes.length };
  }
  return peeked(streamOf(request), size, maxBytes);
}

/** For a request with a length: it has a body. */
const streamOf = ({ body }: Request) => body as ReadableStream;

/** Reads the beginning; when that names the model the rest streams behind it, else all is read. */
async function peeked(body: ReadableStream, size: number, maxBytes: number): Promise<CallBody> {
  const reader = (body as ReadableStream<Uint8Array>).getReader();
  const head: Uint8Array[] = [];
  for (let read = 0; read < headBytes; ) {
    const { done, value } = await reader.read();
    if (done) break;
    head.push(value);
    read += value.length;
  }
  const json = topLevelFacts(textOf(joinBytes(head)));
  if (json.model === undefined) {
    for (let next = await reader.read(), total = lengthOf(head); !next.done; next = await reader.read()) {
      total += next.value.length;
      if (total > maxBytes) throw tooLarge(maxBytes);
      head.push(next.value);
    }
    const bytes = joinBytes(head);
    return { bytes, stream: null, json: parseJson(bytes), size: bytes.length };
  }
  const { readable, writable } = new FixedLengthStream(size);
  const writer = writable.getWriter();
  const forward = async () => {
    for (const chunk of head) await writer.write(chunk);
    writer.releaseLock();
    reader.releaseLock();
    // The platform carries the rest: nothing of it passes through JavaScript.
    await body.pipeTo(writable);
  };
  forward().catch((error: unknown) => {
    writable.abort(error).catch(() => {});
    body.cancel(error).catch(() => {});
  });
  return { bytes: null, stream: readable, json, size };
}

/** Values of the top level that stand in the beginning of a JSON object and are neither objects nor lists. */
function topLevelFacts(text: string): Json {
  const facts: Json = {};
  let depth = 0;
  let at = 0;
  let name: string | undefined;
  while (at < text.length) {
    const character = text[at];
    if (character === '"') {
      const end = endOfString(text, at);
      if (end === undefined) break;
      if (depth === 1) {
        const value = JSON.parse(text.slice(at, end)) as string;
        if (name === undefined) name = value;
        else {
          facts[name] = value;
          name = undefined;
        }
      }
      at = end;
      continue;
    }
    if (character === "{" || character === "[") {
      depth += 1;
      if (depth === 2) name = undefined;
    } else if (character === "}" || character === "]") depth -= 1;
    else if (depth === 1 && name !== undefined && /[-\dtfn]/.test(character as string)) {
      const word = /^(-?[\d.eE+-]+|true|false|null)(?=[\s,}])/.exec(text.slice(at, at + 40))?.[0];
      if (word) {
        facts[name] = JSON.parse(word) as unknown;
        name = undefined;
        at += word.length;
        continue;
      }
    }
    at += 1;
  }
  return facts;
}

function endOfString(text: string, from: number): number | undefined {
  for (let at = from + 1; at < text.length; at += 1) {
    if (text[at] === "\\") at += 1;
    else if (text[at] === '"') return at + 1;
  }
  return undefined;
}

function decoded(body: ReadableStream, coding: string): ReadableStream {
  const format = coding === "gzip" || coding === "x-gzip" ? "gzip" : coding === "deflate" ? "deflate" : coding;
  try {
    return body.pipeThrough(new DecompressionStream(format as "gzip"));
  } catch {
    throw new MoltError("INVALID_REQUEST", {
      message: `bodies in the coding "${coding.slice(0, 20)}" are not read here`,
      hint: "Send it plain, or as gzip, br or zstd.",
    });
  }
}

async function collect(body: ReadableStream, maxBytes: number): Promise<Bytes> {
  const reader = (body as ReadableStream<Uint8Array>).getReader();
  const chunks: Uint8Array[] = [];
  let total = 0;
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      total += next.value.length;
      if (total > maxBytes) throw tooLarge(maxBytes);
      chunks.push(next.value);
    }
  } catch (error) {
    reader.cancel().catch(() => {});
    if (total > maxBytes) throw error;
    throw new MoltError("INVALID_REQUEST", { message: "the body could not be read to its end", cause: error });
  }
  return joinBytes(chunks);
}

function parseJson(bytes: Uint8Array): Json | undefined {
  if (bytes.length === 0) return undefined;
  try {
    const value: unknown = JSON.parse(textOf(bytes));
    return typeof value === "object" && value !== null ? (value as Json) : undefined;
  } catch {
    return undefined;
  }
}

const lengthOf = (chunks: readonly Uint8Array[]): number => chunks.reduce((sum, chunk) => sum + chunk.length, 0);

export function joinBytes(chunks: readonly Uint8Array[]): Bytes {
  const [only] = chunks;
  if (chunks.length === 1 && only && only.byteLength === only.buffer.byteLength) return only as Bytes;
  const whole = new Uint8Array(lengthOf(chunks));
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

function tooLarge(maxBytes: number): MoltError {
  return new MoltError("PAYLOAD_TOO_LARGE", { message: `the body may have at most ${maxBytes} bytes` });
}
