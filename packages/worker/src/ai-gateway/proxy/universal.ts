/** The universal request: one element or a list of them, each a provider, an endpoint and a body; the first success wins. */

import { MoltError } from "@moltworker/protocol/errors";
import * as z from "zod";
import { type Bytes, utf8 } from "./call-body.ts";
import { type HeaderRecord, recordFrom } from "./headers.ts";

const record = z.record(z.string(), z.unknown());
const element = z.object({
  provider: z.string().min(1).max(80),
  endpoint: z.string().max(2_000),
  headers: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])).optional(),
  query: z.unknown().optional(),
  config: record.optional(),
});
const body = z.union([element, z.array(element).min(1).max(20)]);

export interface UniversalElement {
  provider: string;
  endpoint: string;
  headers: HeaderRecord;
  /** The body for the provider; null when there is none. */
  body: Bytes | null;
  json: Record<string, unknown> | undefined;
  config: Record<string, unknown> | undefined;
}

/** Throws INVALID_REQUEST. */
export function universalElements(json: unknown): UniversalElement[] {
  const parsed = body.safeParse(json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new MoltError("INVALID_REQUEST", {
      message: `the universal request is not valid${issue ? `: ${issue.path.join(".") || "body"}: ${issue.message}` : ""}`,
      hint: "Send an element {provider, endpoint, headers, query} or a list of them.",
    });
  }
  const list = Array.isArray(parsed.data) ? parsed.data : [parsed.data];
  return list.map((one) => {
    const headers = new Headers();
    for (const [name, value] of Object.entries(one.headers ?? {})) if (value !== null) setHeader(headers, name, String(value));
    const text =
      one.query === undefined || one.query === null
        ? null
        : typeof one.query === "string"
          ? one.query
          : JSON.stringify(one.query);
    if (text !== null && !headers.has("content-type")) headers.set("content-type", "application/json");
    return {
      provider: one.provider,
      endpoint: one.endpoint.replace(/^\/+/, ""),
      headers: recordFrom(headers),
      body: text === null ? null : utf8(text),
      json: typeof one.query === "object" && one.query !== null ? (one.query as Record<string, unknown>) : undefined,
      config: one.config,
    };
  });
}

function setHeader(headers: Headers, name: string, value: string): void {
  try {
    headers.set(name, value);
  } catch {
    throw new MoltError("INVALID_REQUEST", { message: `"${name.slice(0, 60)}" is not a header that can be sent` });
  }
}
