/** From a parsed request to the targets that may answer it, in order. A native call has one, a universal one several. */

import { MoltError } from "@moltworker/protocol/errors";
import type { Deadlines } from "../../platform/deadlines.ts";
import type { Egress } from "../../platform/egress.ts";
import type { PoolKey } from "../../secrets/key-pool.ts";
import type { CallUsage } from "../governor/governor.ts";
import { passOnOptions } from "../managed.ts";
import { type Bytes, type Json, utf8 } from "./call-body.ts";
import type { Timeouts } from "./exchange.ts";
import { type HeaderRecord, headersUp } from "./headers.ts";
import type { CallOptions } from "./options.ts";
import type { Upstream } from "./upstreams.ts";

/** What a path of a provider answers with; the rest is passed through and estimated. */
export type WireDialect = "chat" | "responses" | "messages" | "google" | "other";

/** How large a call is, in tokens. */
export interface Sizes {
  provider: string;
  model: string;
  inputTokens: number;
  maxOutputTokens: number;
}

export interface Target {
  /** Index within a universal request. */
  step: number;
  upstream: Upstream;
  /** Path below the provider, as the caller wrote it. */
  endpoint: string;
  method: string;
  /** Without any credential. */
  headers: HeaderRecord;
  /** The caller's own key, as its header said it. */
  ownKey: { name: string; value: string } | null;
  bytes: Bytes | null;
  stream: ReadableStream | null;
  json: Json | undefined;
  model: string;
  dialect: WireDialect;
  wantsStream: boolean;
  /** Usage was asked for in the caller's stead, so the extra chunk is taken out again. */
  addedUsage: boolean;
  options: CallOptions;
  /** Once it was measured. */
  sizes?: Sizes;
  /** For a target that speaks another dialect than its caller: how it is asked instead. */
  attempt?(input: TryInput): Promise<Good | Bad>;
}

/** An answer that may be delivered. */
export interface Good {
  ok: true;
  status: number;
  /** The provider's. */
  headers: HeaderRecord;
  source: AnswerSource;
  /** Whole bodies are read already; streams continue behind `held`. */
  whole: Uint8Array<ArrayBuffer> | null;
  held: Uint8Array[];
  /** The stream ended within `held`. */
  ended: boolean;
  usage: CallUsage | undefined;
  /** What could not be carried over to the provider. */
  warnings: readonly string[];
}

/** Where the rest of an answer comes from. */
export interface AnswerSource {
  /** undefined at the end. Throws MoltError. */
  read(): Promise<Uint8Array | undefined>;
  /** All of it, `held` too, as a stream that the platform carries while `read` looks on. Absent where bytes are changed or made here. */
  carried?: { whole: ReadableStream; relax(): void; hurry(): void };
  /** Nothing more is wanted. */
  end(): void;
  /** It ended by itself. */
  finished(): void;
  fault(): MoltError | undefined;
}

export interface Bad {
  ok: false;
  error: MoltError;
  /** What the provider said, to be passed on untouched; null when it said nothing. */
  said: { status: number; headers: HeaderRecord; body: Uint8Array<ArrayBuffer> } | null;
  /** `key`: this key is refused; `limited`: come back later; `transient`: may pass by itself; `final`: the request is at fault. */
  kind: "key" | "limited" | "transient" | "final" | "stopped";
  /** It had begun to answer, so it may have been charged. */
  begun: boolean;
}

export interface TryInput {
  target: Target;
  key: PoolKey | null;
  timeouts: Timeouts;
  egress: Egress;
  deadlines: Deadlines;
  signal: AbortSignal | undefined;
}

function dialectOf(endpoint: string): WireDialect {
  const path = endpoint.split("?", 1)[0] as string;
  if (path.endsWith("chat/completions")) return "chat";
  if (/(^|\/)responses$/.test(path)) return "responses";
  if (/(^|\/)messages$/.test(path)) return "messages";
  return /:(streamG|g)enerateContent$/.test(path) ? "google" : "other";
}

/** The model as body or path name it; empty when neither does. */
function modelOf(endpoint: string, json: Json | undefined, upstream: Pick<Upstream, "slug">): string {
  if (typeof json?.model === "string") return json.model;
  const path = decodeURIComponent(endpoint.split("?", 1)[0] as string);
  const named = /(?:^|\/)(?:models?|deployments)\/([^:]+?)(?::[a-zA-Z]+|\/(?:invoke|converse)[a-z-]*)?$/.exec(path)?.[1];
  if (named) return named;
  if (upstream.slug === "azure-openai") return path.split("/")[1] ?? "";
  return upstream.slug === "workers-ai" || upstream.slug === "huggingface" ? path : "";
}

export interface TargetInput {
  step: number;
  upstream: Upstream;
  endpoint: string;
  method: string;
  /** The caller's, credentials included. */
  headers: HeaderRecord;
  ownKey: Target["ownKey"];
  bytes: Target["bytes"];
  stream: ReadableStream | null;
  json: Json | undefined;
  options: CallOptions;
}

export function targetFrom(input: TargetInput): Target {
  const { endpoint, json, upstream } = input;
  const dialect = dialectOf(endpoint);
  const wantsStream = json?.stream === true || /:streamGenerateContent/.test(endpoint);
  const addsUsage = dialect === "chat" && wantsStream && upstream.asksUsage && input.bytes !== null && json !== undefined;
  const headers = headersUp(input.headers, wantsStream);
  if (upstream.gatewayHeaders) passOnOptions(input.headers, headers, true);
  const bytes = addsUsage ? withUsageAsked(input.bytes as Bytes, json) : input.bytes;
  return {
    ...input,
    headers,
    bytes,
    dialect,
    wantsStream,
    model: modelOf(endpoint, json, upstream),
    addedUsage: bytes !== input.bytes,
  };
}

/** The same body with `include_usage`; everything else of it stays byte for byte. */
function withUsageAsked(bytes: Bytes, json: Json): Bytes {
  const options = json.stream_options;
  if (typeof options === "object" && options !== null) {
    if ((options as Json).include_usage !== undefined) return bytes;
    return utf8(JSON.stringify({ ...json, stream_options: { ...options, include_usage: true } }));
  }
  if (options !== undefined && options !== null) return bytes;
  if (options === null) return utf8(JSON.stringify({ ...json, stream_options: { include_usage: true } }));
  const open = bytes.indexOf(0x7b);
  const added = utf8('"stream_options":{"include_usage":true},');
  const out = new Uint8Array(bytes.length + added.length);
  out.set(bytes.subarray(0, open + 1));
  out.set(added, open + 1);
  out.set(bytes.subarray(open + 1), open + 1 + added.length);
  return out;
}

export function badEndpoint(slug: string): MoltError {
  return new MoltError("INVALID_REQUEST", {
    message: `there is no provider "${slug.slice(0, 60)}"`,
    hint: "Use one of the names in the guide, or add it to the settings as `gateway.custom`.",
    details: { slug },
  });
}
