/**
 * A stand-in for Cloudflare's managed gateway in its authenticated mode: takes calls with its token alone, on its own paths and in
 * its own spelling, puts stored keys in where none came, and hands them to a provider.
 */

import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";

export interface FakeCloudflareGateway {
  url: string;
  account: string;
  gateway: string;
  token: string;
  calls: { path: string; headers: IncomingHttpHeaders }[];
  close(): Promise<void>;
}

/** Provider → where its paths lead below the fake provider, and which stored key it gets. */
const providers: Record<string, { base: string; key: [string, string] }> = {
  openai: { base: "/v1", key: ["authorization", "Bearer cf-stored-openai"] },
  anthropic: { base: "", key: ["x-api-key", "cf-stored-anthropic"] },
  "google-ai-studio": { base: "", key: ["x-goog-api-key", "cf-stored-google"] },
  groq: { base: "/v1", key: ["authorization", "Bearer cf-stored-groq"] },
};

const refusal = (http: number, code: number, message: string) => ({
  http,
  body: {
    success: false,
    result: [],
    messages: [],
    error: [{ code, message }],
    name: "AiGatewayError",
    httpCode: http,
    internalCode: code,
    message,
  },
});

export async function startCloudflareGateway(providerUrl: string): Promise<FakeCloudflareGateway> {
  const account = "0123456789abcdef0123456789abcdef";
  const gateway = "household";
  const token = "cf-gateway-token";
  const calls: FakeCloudflareGateway["calls"] = [];
  const server = createServer(async (request, response) => {
    const path = request.url ?? "";
    calls.push({ path, headers: request.headers });
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const refuse = ({ http, body }: ReturnType<typeof refusal>) =>
      response.writeHead(http, { "content-type": "application/json" }).end(JSON.stringify(body));
    const match = new RegExp(`^/v1/${account}/([^/?]+)(?:/([^/]+)/(.+))?$`).exec(path);
    if (match?.[1] !== gateway) return refuse(refusal(400, 2001, "Please configure AI Gateway in the Cloudflare dashboard"));
    if (request.headers["cf-aig-authorization"] !== `Bearer ${token}`) return refuse(refusal(401, 2009, "Unauthorized"));
    const provider = providers[match[2] as string];
    if (!provider) return refuse(refusal(400, 2008, "Invalid provider"));
    const headers = new Headers({ "content-type": "application/json" });
    for (const name of ["authorization", "x-api-key", "x-goog-api-key", "anthropic-version"]) {
      const value = request.headers[name];
      if (typeof value === "string") headers.set(name, value);
    }
    if (!["authorization", "x-api-key", "x-goog-api-key"].some((name) => headers.has(name))) headers.set(...provider.key);
    const gone = new AbortController();
    response.once("close", () => gone.abort());
    const sent = { method: "POST", headers, body: Buffer.concat(chunks), signal: gone.signal };
    const answer = await fetch(`${providerUrl}${provider.base}/${match[3]}`, sent).catch(() => undefined);
    if (!answer) return response.destroy();
    response.writeHead(answer.status, {
      "content-type": answer.headers.get("content-type") ?? "application/json",
      "cf-aig-log-id": "cf-log",
      "cf-aig-cache-status": "MISS",
    });
    try {
      for await (const chunk of answer.body as unknown as AsyncIterable<Uint8Array>) response.write(chunk);
      response.end();
    } catch {
      // Either side went away.
      response.destroy();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    account,
    gateway,
    token,
    calls,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
