/**
 * A bucket of any S3-compatible server (R2 by its S3 address, AWS, MinIO, Ceph, Backblaze…). Requests are signed here and
 * leave through the egress function like all others; the owner named the address, so a private one is allowed.
 */

import { MoltError } from "@moltworker/protocol/errors";
import { readS3List } from "@moltworker/protocol/s3-list";
import { AwsClient } from "aws4fetch";
import type { Egress } from "../platform/egress.ts";
import { sha256Hex } from "../platform/sha256.ts";
import { MAX_OBJECT_BYTES, type SnapshotStore, type StoredObject, storeFailed, storeRefused } from "./store.ts";

export interface S3Settings {
  /** `https://<account>.r2.cloudflarestorage.com`, `http://127.0.0.1:9000`. */
  endpoint: string;
  bucket: string;
  region: string;
  accessKeyId: string;
  secretAccessKey: string;
}

const firstByteTimeoutMs = 30_000;

export function createS3Store(settings: S3Settings, egress: Egress, signal?: AbortSignal): SnapshotStore {
  const { accessKeyId, secretAccessKey, region, bucket } = settings;
  const endpoint = settings.endpoint.replace(/\/+$/, "");
  const place = `the bucket ${bucket} at ${URL.parse(endpoint)?.host ?? "its address"}`;
  const aws = new AwsClient({ accessKeyId, secretAccessKey, region, service: "s3", retries: 0 });
  const urlOf = (name: string) =>
    `${endpoint}/${encodeURIComponent(bucket)}/${name.split("/").map(encodeURIComponent).join("/")}`;

  async function ask(what: string, url: string, method = "GET", body?: Uint8Array): Promise<Response> {
    const headers = { "x-amz-content-sha256": await sha256Hex(body ?? new Uint8Array()) };
    const payload = body as Uint8Array<ArrayBuffer> | undefined;
    const signed = await aws.sign(url, { method, headers, ...(payload ? { body: payload } : {}) });
    const init = { method, headers: signed.headers, ...(payload ? { body: payload } : {}), ...(signal ? { signal } : {}) };
    const response = await egress
      .fetch(url, init, { named: true, firstByteTimeoutMs, maxBytes: MAX_OBJECT_BYTES })
      .catch((error: unknown) => {
        signal?.throwIfAborted();
        throw storeFailed(place, what, error instanceof MoltError ? error.message : "it could not be reached", error);
      });
    if (response.ok) return response;
    const { status } = response;
    const reason = /<Code>([A-Za-z]{1,60})<\/Code>/.exec((await response.text().catch(() => "")).slice(0, 4_000))?.[1];
    if (status === 404 && method !== "PUT" && reason !== "NoSuchBucket") return response;
    const words = `it answered ${status}${reason ? ` (${reason})` : ""}`;
    throw status >= 500 || status === 429 ? storeFailed(place, what, words) : storeRefused(place, what, words);
  }

  /** The whole body; what is cut off is a failure that may pass. */
  async function bytesOf(response: Response, what: string): Promise<Uint8Array> {
    const declared = response.headers.get("x-amz-decoded-content-length") ?? response.headers.get("content-length");
    try {
      const bytes = new Uint8Array(await response.arrayBuffer());
      if (declared !== null && bytes.length !== Number(declared)) throw new Error("cut off");
      return bytes;
    } catch (error) {
      signal?.throwIfAborted();
      throw storeFailed(place, what, "its answer was cut off", error);
    }
  }

  return {
    place,
    async put(name, bytes) {
      const response = await ask("took nothing", urlOf(name), "PUT", bytes);
      await response.body?.cancel();
    },
    async get(name) {
      const response = await ask("gave nothing", urlOf(name));
      if (response.status === 404) return undefined;
      return bytesOf(response, "gave nothing");
    },
    async list(prefix) {
      const found: StoredObject[] = [];
      for (let token: string | undefined, more = true; more; ) {
        const query = new URLSearchParams({ "list-type": "2", prefix, ...(token ? { "continuation-token": token } : {}) });
        const response = await ask("could not be listed", `${endpoint}/${encodeURIComponent(bucket)}?${query}`);
        const { objects, next } = readS3List(new TextDecoder().decode(await bytesOf(response, "could not be listed")));
        found.push(...objects.map(({ key, sizeBytes }) => ({ name: key, size: sizeBytes })));
        token = next;
        more = next !== undefined;
      }
      return found;
    },
    async delete(name) {
      const response = await ask("deleted nothing", urlOf(name), "DELETE");
      await response.body?.cancel();
    },
  };
}
