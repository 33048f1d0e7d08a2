/**
 * The supervisor's side of the Worker's `/readyz` and `/api/host/*`, proved by the host key. It speaks HTTP/1.1 over a plain
 * socket: one request, one answer, then the end. Node's own HTTP client would cost the idle server 13 MB and 17 ms.
 */

import { connect } from "node:net";
import { errorFromWire, MoltError } from "@moltworker/protocol/errors";
import { AnswerReader, type HttpAnswer } from "./http-answer.ts";

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

/** Throws TIMEOUT, or NOT_RUNNING when nobody listens. */
export async function callHost(
  address: HostAddress,
  method: "GET" | "POST",
  path: string,
  timeoutMs = 5_000,
  body?: object,
): Promise<HostAnswer> {
  return parseAnswer(await exchange(address, method, path, timeoutMs, body));
}

/** The bytes of an answer. Throws what the assistant says instead. */
export async function fetchHost(address: HostAddress, path: string, timeoutMs = 600_000): Promise<Buffer> {
  const answer = await exchange(address, "GET", path, timeoutMs);
  if (answer.status !== 200) throw answerError(parseAnswer(answer));
  return answer.body;
}

function exchange(address: HostAddress, method: string, path: string, timeoutMs: number, body?: object): Promise<HttpAnswer> {
  const { host, port, hostKey } = address;
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    const reader = new AnswerReader();
    const finish = () => {
      const answer = reader.answer();
      if (answer) resolve(answer);
      else reject(new MoltError("NOT_RUNNING", { message: `the assistant's answer to ${path} was cut` }));
      socket.destroy();
    };
    const late = () =>
      socket.destroy(new MoltError("TIMEOUT", { message: `the assistant did not answer ${path} within ${timeoutMs} ms` }));
    const timer = setTimeout(late, timeoutMs);
    socket.on("data", (bytes) => {
      if (reader.take(bytes)) finish();
    });
    socket.on("end", finish);
    socket.on("error", (error) => reject(error instanceof MoltError ? error : notRunning(error)));
    socket.on("close", () => {
      clearTimeout(timer);
      reject(notRunning());
    });
    const content = Buffer.from(body === undefined ? "" : JSON.stringify(body));
    const type = body === undefined ? "" : "Content-Type: application/json\r\n";
    const head = `${method} ${path} HTTP/1.1\r\nHost: ${authority(address)}\r\nConnection: close\r\nAuthorization: Bearer ${hostKey}\r\n`;
    socket.write(`${head}${type}Content-Length: ${content.length}\r\n\r\n`);
    socket.write(content);
  });
}

/** A one-time sign-in link. The code stands in the fragment, which no server and no proxy log sees. */
export async function createLink(address: HostAddress): Promise<{ link: string; expiresAt: number }> {
  const { status, body } = await callHost(address, "POST", "/api/host/link");
  if (status !== 200 || typeof body?.code !== "string") throw answerError({ status, body });
  return { link: `${baseUrl(address)}#${body.code}`, expiresAt: Number(body.expiresAt) };
}

/** `http://host:port/` */
export function baseUrl(address: { host: string; port: number }): string {
  return `http://${authority(address)}/`;
}

export function answerError({ status, body }: HostAnswer): MoltError {
  if (body?.error) return errorFromWire(body.error);
  return new MoltError("INTERNAL", { message: `the assistant answered with status ${status}` });
}

/** An IPv6 address needs brackets before its port. */
function authority({ host, port }: { host: string; port: number }): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

function parseAnswer({ status, body }: HttpAnswer): HostAnswer {
  try {
    return { status, body: JSON.parse(body.toString("utf8")) as Record<string, unknown> };
  } catch {
    return { status, body: undefined };
  }
}

function notRunning(cause?: Error): MoltError {
  return new MoltError("NOT_RUNNING", { message: "the assistant does not answer", cause });
}
