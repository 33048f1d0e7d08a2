/** A gateway socket connected as stock OpenClaw clients connect: the shared token, no capability of ours. */

import { type Frame, openRaw, type RawSocket } from "./raw-socket.ts";

export interface StockSocket extends RawSocket {
  hello: Frame;
  /** Sends a request and resolves with its response. */
  call(method: string, params?: unknown): Promise<Frame>;
}

export async function openStock(url: string, token: string): Promise<StockSocket> {
  const socket = await openRaw(url, { path: "/" });
  let count = 0;
  const call: StockSocket["call"] = (method, params) => {
    count += 1;
    const id = `stock-${count}`;
    socket.send(JSON.stringify({ type: "req", id, method, ...(params === undefined ? {} : { params }) }));
    return socket.frame((frame) => frame.type === "res" && frame.id === id, 20_000);
  };
  await socket.frame((frame) => frame.event === "connect.challenge");
  const hello = await call("connect", {
    minProtocol: 4,
    maxProtocol: 4,
    client: { id: "cli", version: "2026.9.6", platform: "linux", mode: "cli" },
    role: "operator",
    scopes: ["operator.admin", "operator.read", "operator.write", "operator.approvals", "operator.pairing"],
    caps: ["tool-events"],
    auth: { token },
  });
  return { ...socket, hello, call };
}
