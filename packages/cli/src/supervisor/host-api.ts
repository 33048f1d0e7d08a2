/** The supervisor's side of the Worker's `/readyz` and `/api/host/*`: plain loopback HTTP, proved by the host key. */

import { request } from "node:http";
import { errorFromWire, MoltError } from "@moltworker/protocol/errors";

export interface HostAddress {
  host: string;
  port: number;
  hostKey: string;
}

export interface HostAnswer {
  status: number;
  /** Parsed JSON, or undefined when the body is something else. */
  body: Record<string, unknown> | undefined;
}

/** One request, one connection. Throws TIMEOUT, or NOT_RUNNING when nobody listens. */
export function callHost(address: HostAddress, method: "GET" | "POST", path: string, timeoutMs = 5_000): Promise<HostAnswer> {
  return new Promise((resolve, reject) => {
    const { host, port, hostKey } = address;
    const call = request({ host, port, method, path, agent: false, timeout: timeoutMs, headers: { authorization: `Bearer ${hostKey}` } });
    call.on("timeout", () => call.destroy(new MoltError("TIMEOUT", { message: `the assistant did not answer ${path} within ${timeoutMs} ms` })));
    call.on("error", (error: Error) => reject(error instanceof MoltError ? error : new MoltError("NOT_RUNNING", { message: "the assistant does not answer", cause: error })));
    call.on("response", (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body: parseJson(Buffer.concat(chunks).toString("utf8")) }));
      response.on("error", reject);
    });
    call.end();
  });
}

/** A one-time sign-in link. The code stands in the fragment, which no server and no proxy log sees. */
export async function createLink(address: HostAddress): Promise<{ link: string; expiresAt: number }> {
  const { status, body } = await callHost(address, "POST", "/api/host/link");
  if (status !== 200 || typeof body?.code !== "string") throw answerError({ status, body });
  return { link: `${baseUrl(address)}#${body.code}`, expiresAt: Number(body.expiresAt) };
}

/** `http://host:port/`, with the brackets that an IPv6 address needs. */
export function baseUrl({ host, port }: { host: string; port: number }): string {
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}/`;
}

export function answerError({ status, body }: HostAnswer): MoltError {
  if (body?.error) return errorFromWire(body.error);
  return new MoltError("INTERNAL", { message: `the assistant answered with status ${status}` });
}

function parseJson(text: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}
