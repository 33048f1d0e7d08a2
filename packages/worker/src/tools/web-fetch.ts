/**
 * Fetches one web address through the egress function. Pages become Markdown, other text stays text, the rest is named.
 * Whatever comes back is marked as outside text. Only GET is a read; the other methods act on the world and ask first.
 */

import { isMoltError, MoltError } from "@moltworker/protocol/errors";
import * as z from "zod";
import { defineTool, type ToolContext, type ToolOutcome } from "../agent/tool.ts";
import { failed, withFailures } from "../agent/tool-failure.ts";
import { mediaTypeOf, sizeText } from "../storage/file-text.ts";
import { decodeBody } from "./web-fetch/decode-body.ts";

const parameters = z.object({
  url: z.string().max(8_000),
  offset: z.int().min(0).describe("Skip characters of a long page").optional(),
  method: z.enum(["GET", "POST", "PUT", "PATCH", "DELETE"]).optional(),
  body: z.string().max(1_000_000).optional(),
  contentType: z.string().max(200).describe("Of `body`; default application/json").optional(),
});

type Args = z.infer<typeof parameters>;

const maxPageBytes = 2_000_000;
const pageChars = 24_000;
const timeoutMs = 30_000;

const isRead = ({ method = "GET" }: Args) => method === "GET";

export const webFetch = defineTool<Args>({
  name: "web_fetch",
  description: "Fetch a web page or API as readable text. Methods other than GET ask the owner first.",
  parameters,
  forGuests: true,
  effect: (args) => (isRead(args) ? "read" : "external"),
  contacts: ({ url }) => url,
  timeoutMs,
  execute: (args, context) => withFailures(() => fetchPage(args, context)),
});

async function fetchPage(args: Args, context: ToolContext): Promise<ToolOutcome> {
  const { url, offset = 0 } = args;
  if (isRead(args) && args.body !== undefined) {
    return failed("GET carries no body. Put the values in the address, or name another method.");
  }
  const response = await request(args, context);
  const { bytes, cut } = await readUpTo(response, maxPageBytes, context.signal);
  const finalUrl = response.url || url;
  const text = await pageText(bytes, response.headers.get("content-type") ?? "", finalUrl);
  const location = response.headers.get("location");
  const status = [String(response.status), response.statusText].filter(Boolean).join(" ");
  const head = [
    status + (finalUrl === url ? "" : `, from ${finalUrl}`),
    ...(location ? [`redirects to ${location}`] : []),
    ...(cut ? [cut] : []),
  ];
  const rest = text.length - offset - pageChars;
  const more = rest > 0 ? `\n[${rest} more characters; go on with offset ${offset + pageChars}]` : "";
  return {
    text: `${head.join("; ")}\n\n${text.slice(offset, offset + pageChars) || "(nothing)"}${more}`,
    untrustedFrom: new URL(finalUrl).host,
    isError: response.status >= 400,
    meta: `${response.status}, ${sizeText(bytes.length)}`,
  };
}

async function pageText(bytes: Uint8Array, contentType: string, url: string): Promise<string> {
  const type = (contentType.split(";")[0] ?? "").trim().toLowerCase();
  const text = decodeBody(bytes, contentType);
  if (text === undefined || /^(image|audio|video|font)\//.test(type)) {
    return `[${type || mediaTypeOf(bytes)}, ${sizeText(bytes.length)}: not text, not shown]`;
  }
  const isHtml =
    type === "text/html" || type === "application/xhtml+xml" || (type === "" && /^\s*<(!doctype html|html)/i.test(text));
  if (!isHtml) return text;
  const { markdownFromHtml } = await import("./web-fetch/markdown.ts");
  return markdownFromHtml(text, url);
}

/** Throws what egress throws; when an acting request got no answer, the cure says that it may have arrived. */
async function request(args: Args, { egress, signal }: ToolContext): Promise<Response> {
  const { url, method = "GET", body, contentType = "application/json" } = args;
  const headers = new Headers({
    accept: "text/html,application/xhtml+xml,text/markdown,application/json;q=0.9,text/*;q=0.8,*/*;q=0.5",
    "accept-language": "en,*;q=0.5",
    "user-agent": "Mozilla/5.0 (compatible; Moltworker)",
  });
  if (body !== undefined) headers.set("content-type", contentType);
  // What the owner approved is one request to one address: the others follow no redirect.
  const policy = { firstByteTimeoutMs: timeoutMs - 5_000, maxRedirects: isRead(args) ? 5 : 0 };
  try {
    return await egress.fetch(url, { method, signal, headers, ...(body === undefined ? {} : { body }) }, policy);
  } catch (error) {
    if (isRead(args) || !isMoltError(error) || (error.code !== "EGRESS_FAILED" && error.code !== "TIMEOUT")) throw error;
    const hint = "The request may have arrived all the same: check before you repeat it.";
    throw new MoltError(error.code, { message: error.message, hint, cause: error });
  }
}

/** The first `maxBytes` of the body, and why it is not all when it is not; the rest is not waited for. */
async function readUpTo(response: Response, maxBytes: number, signal: AbortSignal): Promise<{ bytes: Uint8Array; cut?: string }> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  let cut: string | undefined;
  const reader = response.body?.getReader();
  try {
    while (reader && size <= maxBytes) {
      const { done, value } = await reader.read();
      if (done) break;
      chunks.push(value);
      size += value.length;
    }
    if (size > maxBytes) {
      cut = `only the first ${sizeText(maxBytes)} were read`;
      await reader?.cancel();
    }
  } catch {
    signal.throwIfAborted();
    cut = `the connection broke after ${sizeText(size)}`;
  }
  const bytes = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return { bytes: bytes.subarray(0, maxBytes), ...(cut === undefined ? {} : { cut }) };
}
