/**
 * The files of a bucket of any S3 server, R2 among them: only listed and read. Its keys come from the environment or the terminal,
 * never from an argument.
 */

import { createHash, createHmac } from "node:crypto";
import { MoltError } from "@moltworker/protocol/errors";
import { readS3List } from "@moltworker/protocol/s3-list";
import { isUnwanted } from "./folder-source.ts";
import type { SourceFile } from "./tar-writer.ts";

export interface Bucket {
  /** Origin of the S3 server. */
  endpoint: string;
  name: string;
  /** Only what lies below it; "" or with a slash at its end. */
  prefix: string;
  region: string;
  keys: { accessKeyId: string; secretAccessKey: string; sessionToken?: string | undefined };
}

export interface BucketObject {
  key: string;
  sizeBytes: number;
}

const answerMs = 60_000;
/** Objects that are asked for before the one that is being read has ended. */
const ahead = 6;
const smallBytes = 4_000_000;

/** Sorted by key. Throws SNAPSHOT_STORE, SNAPSHOT_STORE_REFUSED with the server's own code. */
export async function listBucket(bucket: Bucket): Promise<BucketObject[]> {
  const found: BucketObject[] = [];
  for (let token: string | undefined, more = true; more; ) {
    const query: Record<string, string> = { "list-type": "2", prefix: bucket.prefix };
    if (token !== undefined) query["continuation-token"] = token;
    const { objects, next } = readS3List((await readObject(bucket, "", query)).toString("utf8"));
    for (const { key, sizeBytes = 0 } of objects) if (key !== "" && !key.endsWith("/")) found.push({ key, sizeBytes });
    token = next;
    more = next !== undefined;
  }
  return found.sort((left, right) => (left.key < right.key ? -1 : 1));
}

/** Paths are the keys without the bucket's prefix. */
export async function* bucketFiles(
  bucket: Bucket,
  objects: readonly BucketObject[],
): AsyncGenerator<SourceFile, void, undefined> {
  const wanted = objects.filter(({ key }) => !isUnwanted(key));
  const coming = new Map<string, Promise<Buffer>>();
  for (const [index, { key, sizeBytes }] of wanted.entries()) {
    for (const next of wanted.slice(index, index + ahead)) {
      if (coming.has(next.key) || next.sizeBytes > smallBytes) continue;
      const result = readObject(bucket, next.key);
      result.catch(() => undefined);
      coming.set(next.key, result);
    }
    yield {
      path: key.slice(bucket.prefix.length),
      sizeBytes,
      async *content() {
        yield await (coming.get(key) ?? readObject(bucket, key));
      },
    };
    coming.delete(key);
  }
}

/** One object, whole; an empty key is the bucket itself. */
export async function readObject(bucket: Bucket, key: string, query: Record<string, string> = {}): Promise<Buffer> {
  const response = await ask(bucket, key, query);
  try {
    return Buffer.from(await response.arrayBuffer());
  } catch (error) {
    throw failed(bucket, "its answer was cut off", error);
  }
}

async function ask(bucket: Bucket, key: string, query: Record<string, string>): Promise<Response> {
  const path = `/${[bucket.name, ...(key === "" ? [] : key.split("/"))].map(encoded).join("/")}`;
  const search = Object.entries(query)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
    .join("&");
  const url = new URL(`${bucket.endpoint}${path}${search ? `?${search}` : ""}`);
  const response = await fetch(url, {
    headers: signedHeaders(bucket, url.host, path, search),
    signal: AbortSignal.timeout(answerMs),
    redirect: "error",
  }).catch((error: unknown) => {
    throw failed(bucket, "it could not be reached", error);
  });
  if (response.ok) return response;
  const code = /<Code>([A-Za-z]{1,60})<\/Code>/.exec((await response.text().catch(() => "")).slice(0, 4_000))?.[1];
  const why = `it answered ${response.status}${code ? ` (${code})` : ""}`;
  if (response.status >= 500 || response.status === 429) throw failed(bucket, why);
  throw new MoltError("SNAPSHOT_STORE_REFUSED", {
    message: `the bucket ${bucket.name} at ${new URL(bucket.endpoint).host} gave nothing: ${why}`,
    hint: "Check the bucket's name, its address and the keys; they need to list and read it.",
  });
}

/** AWS's Signature Version 4 for a request without a body. */
function signedHeaders({ region, keys }: Bucket, host: string, path: string, search: string): Record<string, string> {
  const time = new Date().toISOString().replace(/[-:]|\.\d{3}/g, "");
  const day = time.slice(0, 8);
  const empty = hash("");
  const headers: Record<string, string> = { host, "x-amz-content-sha256": empty, "x-amz-date": time };
  if (keys.sessionToken) headers["x-amz-security-token"] = keys.sessionToken;
  const names = Object.keys(headers).sort();
  const canonical = ["GET", path, search, ...names.map((name) => `${name}:${headers[name]}`), "", names.join(";"), empty].join(
    "\n",
  );
  const scope = `${day}/${region}/s3/aws4_request`;
  const key = [day, region, "s3", "aws4_request"].reduce<string | Buffer>(
    (secret, part) => mac(secret, part),
    `AWS4${keys.secretAccessKey}`,
  );
  const signature = mac(key, ["AWS4-HMAC-SHA256", time, scope, hash(canonical)].join("\n")).toString("hex");
  const { host: _, ...sent } = headers;
  return {
    ...sent,
    authorization: `AWS4-HMAC-SHA256 Credential=${keys.accessKeyId}/${scope}, SignedHeaders=${names.join(";")}, Signature=${signature}`,
  };
}

const hash = (text: string) => createHash("sha256").update(text).digest("hex");
const mac = (key: string | Buffer, text: string) => createHmac("sha256", key).update(text).digest();
const encoded = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);

function failed(bucket: Bucket, why: string, cause?: unknown): MoltError {
  return new MoltError("SNAPSHOT_STORE", {
    message: `the bucket ${bucket.name} at ${new URL(bucket.endpoint).host} gave nothing: ${why}`,
    cause,
  });
}
