/** What a request brings, in the shape that is asked of it. Bodies are counted while they stream: what passes its cap is never held. */

import { MoltError } from "@moltworker/protocol/errors";
import type * as z from "zod";
import { forgetBody } from "../platform/forget-body.ts";

/**
 * The whole body. Throws PAYLOAD_TOO_LARGE as soon as `maxBytes` is passed. When the client declares more, at once; a sender who
 * is known, and whose program wants to hear why, may finish first.
 */
export async function readBytes(
  request: Request,
  maxBytes: number,
  sender: "known" | "stranger" = "stranger",
): Promise<Uint8Array> {
  const declared = Number(request.headers.get("content-length") ?? 0);
  if (declared > maxBytes) {
    if (sender === "known") await forgetBody(request.body, declared);
    throw tooLarge(maxBytes);
  }
  if (!request.body) return new Uint8Array();
  // The server reads no more than was declared, and reading it whole costs a tenth of reading it in chunks.
  if (declared > 0) {
    const bytes = new Uint8Array(await request.arrayBuffer());
    if (bytes.length > maxBytes) throw tooLarge(maxBytes);
    return bytes;
  }
  const reader = (request.body as ReadableStream<Uint8Array>).getReader();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    size += next.value.length;
    if (size > maxBytes) {
      await reader.cancel().catch(() => undefined);
      throw tooLarge(maxBytes);
    }
    chunks.push(next.value);
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

/** A JSON body of the schema's shape. Throws INVALID_REQUEST with the path, PAYLOAD_TOO_LARGE. */
export async function readJson<Value>(request: Request, schema: z.ZodType<Value>, maxBytes = 16_384): Promise<Value> {
  const type = request.headers.get("content-type")?.split(";")[0]?.trim().toLowerCase();
  // A form of another site can post only other types without asking first.
  if (type !== "application/json")
    throw new MoltError("INVALID_REQUEST", {
      message: "the body must be JSON",
      hint: "Send it with `content-type: application/json`.",
    });
  return readShape(schema, parse(await readBytes(request, maxBytes)), "body");
}

/** A value that somebody sent, such as a query. Throws INVALID_REQUEST with the path of what is wrong in it, or else `name`. */
export function readShape<Value>(schema: z.ZodType<Value>, value: unknown, name = "query"): Value {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map((issue) => ({ path: issue.path.join("."), message: issue.message }));
  throw new MoltError("INVALID_REQUEST", {
    message: `${issues[0]?.path || name}: ${issues[0]?.message ?? "is not valid"}`,
    details: { issues },
  });
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw new MoltError("INVALID_REQUEST", { message: "the body is not JSON" });
  }
}

function tooLarge(maxBytes: number): MoltError {
  return new MoltError("PAYLOAD_TOO_LARGE", { message: `the body may have at most ${maxBytes} bytes` });
}
