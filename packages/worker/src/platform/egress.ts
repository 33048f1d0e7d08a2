/**
 * The one function that makes every outbound request. Each hop of a redirect is judged like the first; credentials stay
 * with the origin they were meant for; bytes and the wait for an answer are bounded.
 */

import { isMoltError, MoltError } from "@moltworker/protocol/errors";
import type { Log } from "./log.ts";
import { whyNotPublic } from "./public-address.ts";

export interface EgressPolicy {
  /** The owner named this address in settings or environment, so a loopback or private one is allowed. Default: public only. */
  named?: boolean;
  /** Body bytes after which the response is cut with PAYLOAD_TOO_LARGE. No limit when absent. */
  maxBytes?: number;
  /** Milliseconds until response headers, all redirects together. Error: PROVIDER_TIMEOUT's neighbour TIMEOUT. */
  firstByteTimeoutMs?: number;
  /** Redirects to follow, each rechecked; credentials are dropped when the origin changes. Default 0: a redirect is returned as it is. */
  maxRedirects?: number;
}

export interface Egress {
  /**
   * Throws MoltError EGRESS_BLOCKED, EGRESS_FAILED, TIMEOUT, PAYLOAD_TOO_LARGE, or, when the caller's signal fired, its
   * reason (ABORTED unless that is a MoltError). The body streams; `url` of the response is the last address asked.
   */
  fetch(url: string | URL, init: RequestInit, policy: EgressPolicy): Promise<Response>;
}

export interface EgressOptions {
  /** Reaches public addresses only, where the platform can say so. */
  publicFetch: typeof fetch;
  /** Reaches any address; used for named ones alone. Absent on Cloudflare. */
  namedFetch?: typeof fetch;
  log: Log;
}

interface Hop {
  url: URL;
  method: string;
  headers: NonNullable<RequestInit["headers"]>;
  body: RequestInit["body"];
}

const redirectStatuses = new Set([301, 302, 303, 307, 308]);

/** All that may travel on to another origin: what describes the request, never what proves who asks. */
const portableHeaders = new Set([
  "accept",
  "accept-language",
  "accept-encoding",
  "cache-control",
  "content-type",
  "content-language",
  "range",
  "user-agent",
]);

export function createEgress({ publicFetch, namedFetch = publicFetch, log }: EgressOptions): Egress {
  return {
    fetch: async (target, init, policy) => {
      let hop = firstHop(target, init);
      const namedOrigin = policy.named ? hop.url.origin : undefined;
      const wait = boundedWait(init.signal ?? undefined, policy.firstByteTimeoutMs);
      try {
        for (let followed = 0; ; followed += 1) {
          const named = hop.url.origin === namedOrigin;
          checkHop(hop.url, named);
          const send = named ? namedFetch : publicFetch;
          const { url, method, headers, body } = hop;
          const response = await send(url.href, { ...init, method, headers, body, signal: wait.signal, redirect: "manual" });
          const location = redirectStatuses.has(response.status) ? response.headers.get("location") : null;
          if (location === null || !policy.maxRedirects) return await finish(response, hop, policy);
          await response.body?.cancel();
          if (followed >= policy.maxRedirects)
            throw new MoltError("EGRESS_FAILED", {
              message: `${url.host} redirects more than ${policy.maxRedirects} times`,
              retryable: false,
            });
          hop = nextHop(hop, response.status, location);
        }
      } catch (error) {
        const failure = wait.failure(error, hop.url.host);
        log.debug("egress.failed", { host: hop.url.host, code: failure.code, cause: withoutAddresses(failure.cause) });
        throw failure;
      } finally {
        wait.end();
      }
    },
  };
}

function firstHop(target: string | URL, init: RequestInit): Hop {
  const headers = withoutHost(init.headers ?? {});
  return {
    url: target instanceof URL ? target : parseAddress(target),
    method: (init.method ?? "GET").toUpperCase(),
    headers,
    body: init.body,
  };
}

/** The address that was checked is the one that is asked. A plain record without that name is sent as it is. */
function withoutHost(given: Hop["headers"]): Hop["headers"] {
  const isRecord = !(given instanceof Headers) && !Array.isArray(given);
  if (isRecord && !Object.keys(given).some((name) => name.toLowerCase() === "host")) return given;
  const headers = new Headers(given);
  headers.delete("host");
  return headers;
}

function parseAddress(text: string, base?: URL): URL {
  const url = URL.parse(text, base?.href);
  if (!url)
    throw new MoltError("EGRESS_BLOCKED", {
      message: "that is not a valid web address",
      hint: "Write it out, with https:// in front.",
    });
  return url;
}

/** Throws EGRESS_BLOCKED. */
function checkHop(url: URL, named: boolean): void {
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw new MoltError("EGRESS_BLOCKED", {
      message: `${url.protocol} addresses are not contacted`,
      hint: "Use an http:// or https:// address.",
    });
  }
  if (url.username !== "" || url.password !== "") {
    throw new MoltError("EGRESS_BLOCKED", {
      message: `the address on ${url.host} carries a user name or password`,
      hint: "Leave out what stands before the @.",
    });
  }
  const why = named ? undefined : whyNotPublic(url);
  if (why)
    throw new MoltError("EGRESS_BLOCKED", {
      message: `${url.hostname} ${why}, so it was not contacted`,
      hint: "Only public addresses are contacted, and those that the owner named in the settings.",
      details: { host: url.hostname },
    });
}

/** The next request after a redirect, by the rules of the fetch standard and two stricter ones. Throws EGRESS_BLOCKED, EGRESS_FAILED. */
function nextHop(hop: Hop, status: number, location: string): Hop {
  const url = parseAddress(location, hop.url);
  const toGet = (status === 303 && hop.method !== "HEAD") || ((status === 301 || status === 302) && hop.method === "POST");
  const method = toGet ? "GET" : hop.method;
  const body = toGet ? undefined : hop.body;
  const headers = new Headers(hop.headers);
  if (toGet)
    for (const name of ["content-type", "content-length", "content-encoding", "content-language", "content-location"])
      headers.delete(name);
  if (url.origin !== hop.url.origin) {
    if (body)
      throw new MoltError("EGRESS_BLOCKED", {
        message: `${hop.url.host} asks to send the data to ${url.host} instead, which was not done`,
        hint: "Use the new address directly if it is right.",
      });
    for (const name of [...headers.keys()]) if (!portableHeaders.has(name)) headers.delete(name);
  }
  if (body instanceof ReadableStream)
    throw new MoltError("EGRESS_FAILED", {
      message: `${hop.url.host} redirects a streamed body, which cannot be sent twice`,
      retryable: false,
    });
  return { url, method, headers, body };
}

/** The response with its byte cap in place. Throws PAYLOAD_TOO_LARGE when the header already says so. */
async function finish(response: Response, hop: Hop, policy: EgressPolicy): Promise<Response> {
  const { maxBytes } = policy;
  let result = response;
  if (maxBytes !== undefined && response.body && hop.method !== "HEAD") {
    const tooLarge = () =>
      new MoltError("PAYLOAD_TOO_LARGE", {
        message: `${hop.url.host} sent more than ${maxBytes} bytes`,
        hint: "Ask for a smaller part.",
      });
    if (Number(response.headers.get("content-length")) > maxBytes) {
      await response.body.cancel();
      throw tooLarge();
    }
    const headers = new Headers(response.headers);
    // The body is decoded by now; its old length and coding no longer describe it.
    headers.delete("content-length");
    headers.delete("content-encoding");
    result = new Response(response.body.pipeThrough(byteCap(maxBytes, tooLarge)), {
      status: response.status,
      statusText: response.statusText,
      headers,
    });
  }
  if (result.url !== hop.url.href) Object.defineProperty(result, "url", { value: hop.url.href });
  return result;
}

function byteCap(maxBytes: number, tooLarge: () => MoltError): TransformStream<Uint8Array, Uint8Array> {
  let seen = 0;
  return new TransformStream({
    transform(chunk, controller) {
      seen += chunk.byteLength;
      if (seen > maxBytes) controller.error(tooLarge());
      else controller.enqueue(chunk);
    },
  });
}

/** The caller's signal joined with the time limit, and the reading of what went wrong. */
function boundedWait(callerSignal: AbortSignal | undefined, timeoutMs: number | undefined) {
  // Joining signals costs more than the rest of this function, so it is done only where there are two.
  const late = timeoutMs === undefined && callerSignal ? undefined : new AbortController();
  const timer = timeoutMs === undefined ? undefined : setTimeout(() => late?.abort(), timeoutMs);
  return {
    signal:
      callerSignal && late ? AbortSignal.any([callerSignal, late.signal]) : (callerSignal ?? (late as AbortController).signal),
    end: () => {
      if (timer !== undefined) clearTimeout(timer);
    },
    failure: (error: unknown, host: string): MoltError => {
      if (callerSignal?.aborted)
        return isMoltError(callerSignal.reason) ? callerSignal.reason : new MoltError("ABORTED", { cause: error });
      if (isMoltError(error)) return error;
      if (late?.signal.aborted)
        return new MoltError("TIMEOUT", { message: `${host} did not answer within ${timeoutMs} ms`, cause: error });
      return new MoltError("EGRESS_FAILED", {
        message: `${host} could not be reached`,
        hint: "Check the address and the network. A name that leads to a private address is refused too.",
        cause: error,
      });
    },
  };
}

/** What the network said, without addresses: their paths and queries can hold secrets. */
function withoutAddresses(cause: unknown): string | undefined {
  return cause instanceof Error ? cause.message.replace(/\w+:\/\/\S+/g, "[address]") : undefined;
}
