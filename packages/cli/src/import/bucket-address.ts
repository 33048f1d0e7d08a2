/** Which bucket is meant, and with which keys: for what reads one, from the command line. */

import { createInterface } from "node:readline/promises";
import { MoltError } from "@moltworker/protocol/errors";
import type { Bucket } from "./bucket-source.ts";

/** `s3://bucket/prefix`, or `https://<server>/<bucket>/<prefix>`. */
export const isBucketAddress = (source: string): boolean => /^(s3|https?):\/\//i.test(source);

/** Throws USAGE with what is missing. */
export async function bucketOf(source: string, environment: NodeJS.ProcessEnv): Promise<Bucket> {
  const url = URL.parse(source);
  const parts = decodeURIComponent(url?.pathname ?? "")
    .split("/")
    .filter((part) => part !== "");
  const isShort = url?.protocol === "s3:";
  const [name, ...folders] = isShort ? [url.hostname, ...parts] : parts;
  const endpoint = isShort ? endpointFrom(environment) : url?.origin;
  if (!url || !name || !endpoint)
    throw new MoltError("USAGE", {
      message: name ? "the bucket's server is not known" : "the address names no bucket",
      hint: "Write https://<account>.r2.cloudflarestorage.com/<bucket>/<prefix>, or s3://<bucket>/<prefix> with CF_ACCOUNT_ID (R2) or AWS_ENDPOINT_URL set.",
    });
  if (url.username !== "" || url.password !== "")
    throw new MoltError("USAGE", { message: "keys do not belong into an address", hint: keysHint });
  return {
    endpoint,
    name,
    prefix: folders.length > 0 ? `${folders.join("/")}/` : "",
    region:
      environment.AWS_REGION ?? environment.AWS_DEFAULT_REGION ?? (endpoint.includes("amazonaws.com") ? "us-east-1" : "auto"),
    keys: await keysFrom(environment),
  };
}

const keysHint =
  "Set R2_ACCESS_KEY_ID and R2_SECRET_ACCESS_KEY (or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY) for this command, or type them when asked.";

function endpointFrom(environment: NodeJS.ProcessEnv): string | undefined {
  const named = URL.parse(environment.AWS_ENDPOINT_URL_S3 ?? environment.AWS_ENDPOINT_URL ?? "");
  if (named) return named.origin;
  const account = environment.CF_ACCOUNT_ID ?? environment.CLOUDFLARE_ACCOUNT_ID;
  if (account) return `https://${encodeURIComponent(account)}.r2.cloudflarestorage.com`;
  return environment.AWS_ACCESS_KEY_ID ? `https://s3.${environment.AWS_REGION ?? "us-east-1"}.amazonaws.com` : undefined;
}

async function keysFrom(environment: NodeJS.ProcessEnv): Promise<Bucket["keys"]> {
  const accessKeyId = environment.R2_ACCESS_KEY_ID ?? environment.AWS_ACCESS_KEY_ID;
  const secretAccessKey = environment.R2_SECRET_ACCESS_KEY ?? environment.AWS_SECRET_ACCESS_KEY;
  if (accessKeyId && secretAccessKey) return { accessKeyId, secretAccessKey, sessionToken: environment.AWS_SESSION_TOKEN };
  if (!process.stdin.isTTY || !process.stderr.isTTY)
    throw new MoltError("USAGE", { message: "the bucket's keys are missing", hint: keysHint });
  const typed = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const id = await typed.question("Access key ID of the bucket: ");
    process.stderr.write("Secret access key (it is not shown): ");
    // What is typed is not written back.
    const shown = process.stderr.write.bind(process.stderr);
    process.stderr.write = () => true;
    const secret = await typed.question("").finally(() => {
      process.stderr.write = shown;
      shown("\n");
    });
    return { accessKeyId: id.trim(), secretAccessKey: secret.trim() };
  } finally {
    typed.close();
  }
}
