/**
 * As much of Cloudflare's API as a deployment asks for, on loopback: one account without the Worker. It remembers what it
 * was sent; whatever it does not know is refused as the real one refuses a Worker that does not exist.
 */

import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";

interface UploadedWorker {
  /** The `metadata` part: bindings, migrations, compatibility date. */
  metadata: {
    main_module: string;
    compatibility_date: string;
    bindings: { name: string; type: string; text?: string; bucket_name?: string; class_name?: string }[];
    migrations?: { new_tag?: string; steps?: { new_sqlite_classes?: string[] }[] };
  };
  /** Names of the module parts. */
  modules: string[];
}

export interface CloudflareApi {
  /** For CLOUDFLARE_API_BASE_URL. */
  url: string;
  /** `METHOD /path` of every request. */
  requests: string[];
  buckets: string[];
  uploads: UploadedWorker[];
  close(): Promise<void>;
}

export const ACCOUNT = { id: "0123456789abcdef0123456789abcdef", name: "Mine" };

export async function startCloudflareApi(): Promise<CloudflareApi> {
  const api: CloudflareApi = { url: "", requests: [], buckets: [], uploads: [], close: async () => {} };
  const server: Server = createServer(async (request, response) => {
    const path = (request.url ?? "").replace("/client/v4", "").split("?")[0] as string;
    api.requests.push(`${request.method} ${path}`);
    const answer = (await results(api, `${request.method} ${path.replace(`/accounts/${ACCOUNT.id}`, "")}`, request)) ?? unknown;
    response.writeHead(answer.status ?? 200, { "content-type": "application/json" });
    response.end(JSON.stringify({ success: answer.errors === undefined, errors: [], messages: [], result: null, ...answer }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  api.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/client/v4`;
  api.close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return api;
}

interface Answer {
  status?: number;
  result?: unknown;
  errors?: { code: number; message: string }[];
  result_info?: object;
}

const unknown: Answer = { status: 404, errors: [{ code: 10_007, message: "This Worker does not exist on your account." }] };

async function results(api: CloudflareApi, asked: string, request: IncomingMessage): Promise<Answer | undefined> {
  const body = await bodyOf(request);
  const fixed: Record<string, Answer> = {
    "GET /user": { result: { id: "user", email: "someone@example.com" } },
    "GET /user/tokens/verify": { result: { id: "token", status: "active" } },
    "GET /accounts": { result: [ACCOUNT], result_info: { page: 1, total_pages: 1, count: 1, total_count: 1 } },
    "GET /memberships": { result: [{ id: "member", account: ACCOUNT, roles: [] }] },
    "GET /workers/subdomain": { result: { subdomain: "someone" } },
    "GET /workers/workers/moltworker": {
      result: { id: "worker", name: "moltworker", subdomain: { enabled: true, previews_enabled: false } },
    },
    "GET /workers/scripts/moltworker/subdomain": { result: { enabled: true, previews_enabled: false } },
    "POST /workers/scripts/moltworker/subdomain": { result: { enabled: true, previews_enabled: false } },
    "POST /workers/scripts/moltworker/assets-upload-session": { result: { jwt: "session", buckets: [] } },
  };
  if (fixed[asked]) return fixed[asked];
  if (asked === "POST /r2/buckets") {
    const { name } = JSON.parse(body.toString()) as { name: string };
    if (api.buckets.includes(name))
      return {
        status: 409,
        errors: [{ code: 10_004, message: "The bucket you tried to create already exists, and you own it." }],
      };
    api.buckets.push(name);
    return { result: { name } };
  }
  if (asked.startsWith("GET /r2/buckets/"))
    return api.buckets.includes(asked.slice(16)) ? { result: { name: asked.slice(16) } } : undefined;
  if (asked !== "PUT /workers/scripts/moltworker") return undefined;
  const form = await new Response(new Uint8Array(body), {
    headers: { "content-type": request.headers["content-type"] ?? "" },
  }).formData();
  const metadata = JSON.parse(String(form.get("metadata"))) as UploadedWorker["metadata"];
  api.uploads.push({ metadata, modules: [...form.keys()].filter((name) => name !== "metadata") });
  return { result: { id: "moltworker", startup_time_ms: 12, deployment_id: "deployment", etag: "etag" } };
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
