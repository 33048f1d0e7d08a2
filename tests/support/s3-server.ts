/**
 * An S3-compatible server of others (s3rver: real signatures, files on disk) on loopback, with a gate before it where a test
 * can answer instead. Needs the tools' own Node.js.
 */

import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

interface S3rver {
  configureBuckets(): Promise<unknown>;
  callback(): (request: IncomingMessage, response: ServerResponse) => void;
}

export interface S3Server {
  endpoint: string;
  bucket: string;
  accessKeyId: string;
  secretAccessKey: string;
  /** True: it has answered itself. */
  gate: ((request: IncomingMessage, response: ServerResponse) => boolean) | undefined;
  /** Milliseconds that it thinks before each answer. */
  pauseMs: number;
  /** `GET /bucket/name` of every request. */
  asked: string[];
  close(): Promise<void>;
}

export async function startS3Server(bucket = "moltbot-data"): Promise<S3Server> {
  const directory = mkdtempSync(join(tmpdir(), "moltworker-s3-"));
  const Server = createRequire(import.meta.url)("@20minutes/s3rver") as new (options: object) => S3rver;
  const s3 = new Server({ directory, silent: true, configureBuckets: [{ name: bucket }], vhostBuckets: false });
  await s3.configureBuckets();
  const answer = s3.callback();
  const server: S3Server = {
    ...{ endpoint: "", bucket, accessKeyId: "S3RVER", secretAccessKey: "S3RVER" },
    gate: undefined,
    pauseMs: 0,
    asked: [],
    close,
  };
  const http = createServer((request, response) => {
    server.asked.push(`${request.method} ${request.url}`);
    if (server.gate?.(request, response)) return;
    if (server.pauseMs === 0) answer(request, response);
    else setTimeout(answer, server.pauseMs, request, response);
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  server.endpoint = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  async function close() {
    http.closeAllConnections();
    await new Promise((resolve) => http.close(resolve));
    rmSync(directory, { recursive: true, force: true });
  }
  return server;
}
