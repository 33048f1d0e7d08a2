/** A WebSocket without manners: sends what it is told, remembers what came and how it closed. */

import WebSocket from "ws";
import { gatewayTokenOf } from "./client.ts";

export interface Frame {
  type: string;
  id?: string;
  ok?: boolean;
  event?: string;
  payload?: Record<string, unknown>;
  error?: { code: string; message: string; details: { code: string; hint: string }; retryable: boolean };
}

export interface RawSocket {
  frames: Frame[];
  send(data: string | Buffer): void;
  /** The first frame that matches, past or to come. */
  frame(matches: (frame: Frame) => boolean, timeoutMs?: number): Promise<Frame>;
  closed: Promise<{ code: number; reason: string }>;
  isOpen(): boolean;
  close(): void;
}

export interface RawOptions {
  headers?: Record<string, string>;
  path?: string;
}

export async function openRaw(url: string, options: RawOptions = {}): Promise<RawSocket> {
  const socket = new WebSocket(`${url.replace(/^http/, "ws").replace(/\/$/, "")}${options.path ?? "/ws"}`, {
    headers: options.headers ?? {},
    perMessageDeflate: false,
  });
  const frames: Frame[] = [];
  const waiters = new Set<() => void>();
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.on("close", (code, reason) => {
      resolve({ code, reason: reason.toString() });
      for (const look of waiters) look();
    });
  });
  socket.on("message", (data) => {
    frames.push(JSON.parse(data.toString()) as Frame);
    for (const look of waiters) look();
  });
  await new Promise<void>((resolve, reject) => {
    socket.once("open", () => resolve());
    socket.once("error", reject);
  });
  socket.on("error", () => {});

  const frame: RawSocket["frame"] = (matches, timeoutMs = 10_000) =>
    new Promise((resolve, reject) => {
      const end = (work: () => void) => {
        clearTimeout(timer);
        waiters.delete(look);
        work();
      };
      const look = () => {
        const found = frames.find(matches);
        if (found) end(() => resolve(found));
        else if (socket.readyState >= WebSocket.CLOSING)
          end(() => reject(new Error(`closed before such a frame; saw ${JSON.stringify(frames).slice(0, 500)}`)));
      };
      const timer = setTimeout(
        () => end(() => reject(new Error(`no such frame; saw ${JSON.stringify(frames).slice(-500)}`))),
        timeoutMs,
      );
      waiters.add(look);
      look();
    });

  return {
    frames,
    send: (data) => socket.send(data),
    frame,
    closed,
    isOpen: () => socket.readyState === WebSocket.OPEN,
    close: () => socket.terminate(),
  };
}

export function connectFrame(token: string | undefined, change: Record<string, unknown> = {}): string {
  const params = {
    minProtocol: 4,
    maxProtocol: 4,
    client: { id: "test", version: "1", platform: "test", mode: "test" },
    ...(token === undefined ? {} : { auth: { token } }),
    ...change,
  };
  return JSON.stringify({ type: "req", id: "hello", method: "connect", params });
}

/** Past `hello-ok`, signed in with the data folder's token. */
export async function openReady(url: string, dataDir: string, change: Record<string, unknown> = {}): Promise<RawSocket> {
  const socket = await openRaw(url);
  socket.send(connectFrame(gatewayTokenOf(dataDir), change));
  await socket.frame((frame) => frame.id === "hello" && frame.ok === true);
  return socket;
}

export const request = (id: string, method: string, params?: unknown) =>
  JSON.stringify({ type: "req", id, method, ...(params === undefined ? {} : { params }) });
