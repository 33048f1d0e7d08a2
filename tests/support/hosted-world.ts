/** A whole assistant that hosts a stock OpenClaw: its owner signed in by a link, the engine seen from outside, a fake provider behind. */

import { get } from "node:http";
import type { ContainerInfo } from "@moltworker/protocol/containers";
import { ownerOf } from "../../packages/cli/src/containers/container-names.ts";
import { type FakeProvider, startFakeProvider } from "../fakes/provider.ts";
import { connectClient, type RecordingClient } from "./client.ts";
import { createTestDevice } from "./device.ts";
import { type Frame, openRaw, type RawSocket } from "./raw-socket.ts";
import { docker } from "./sandbox-world.ts";
import { type Server, type ServerOptions, startServer } from "./server.ts";

/** A socket on which stock OpenClaw has said hello. */
export interface HostedSocket extends RawSocket {
  hello: Frame;
  call(method: string, params?: unknown): Promise<Frame>;
}

export interface HostedWorld {
  server: Server;
  client: RecordingClient;
  provider: FakeProvider;
  owner: string;
  /** The session cookie of a signed-in owner. */
  cookie: string;
  info(): Promise<ContainerInfo>;
  /** Waits until it is ready or failed, and returns how it stands. Throws after `timeoutMs`. */
  settled(timeoutMs?: number): Promise<ContainerInfo>;
  patch(assistant: Record<string, unknown>): Promise<void>;
  get(path: string, headers?: Record<string, string>): Promise<Response>;
  /** A person opening an address; without a cookie, somebody who is not signed in. */
  open(path: string, cookie?: string): Promise<{ status: number; location: string | undefined; text: string }>;
  /** A socket of stock OpenClaw's protocol at our address, with the owner's cookie alone. */
  socket(): Promise<HostedSocket>;
  /** Id of the container on the engine; undefined while there is none. */
  container(): string | undefined;
  /** A command in the container, as its only user. */
  inside(command: string): string;
  signIn(): Promise<void>;
  /** The status with which our own API answers a bearer. */
  bearer(token: string): Promise<number>;
  /** A new gateway token; everybody else is signed out by it. */
  rotate(): Promise<string>;
  /** Every text of the main conversation, as the gateway remembers it. */
  saidSoFar(): Promise<string>;
  /** Makes a snapshot of the assistant, and its id. */
  snapshot(): Promise<string>;
  /** Restores it, and waits until the assistant is there again. */
  goBack(id: string): Promise<void>;
  reconnect(): Promise<void>;
  dispose(): Promise<void>;
}

export async function createHostedWorld(options: ServerOptions = {}): Promise<HostedWorld> {
  const provider = await startFakeProvider();
  const server = await startServer({
    timeoutMs: 60_000,
    ...options,
    env: { OPENAI_API_KEY: "sk-test-of-the-provider", OPENAI_BASE_URL: `${provider.url}/v1`, ...options.env },
  });
  const owner = ownerOf(server.dataDir);
  const rows = () =>
    docker(["ps", "-aq", "--filter", `label=moltworker.owner=${owner}`, "--filter", "label=moltworker.role=app"])
      .split("\n")
      .filter(Boolean);
  const world: HostedWorld = {
    server,
    provider,
    owner,
    client: await connectClient(server.url, { dataDir: server.dataDir }),
    cookie: "",
    async info() {
      const { containers } = await world.client.request("containers.list", {});
      return containers.find(({ id }) => id === "moltbot") as ContainerInfo;
    },
    async settled(timeoutMs = 120_000) {
      const deadline = Date.now() + timeoutMs;
      for (;;) {
        const info = await world.info();
        if (info?.state === "ready" || info?.state === "failed") return info;
        if (Date.now() > deadline) throw new Error(`it neither runs nor fails: ${JSON.stringify(info)}`);
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    },
    async patch(assistant) {
      await world.client.request("config.patch", { raw: JSON.stringify({ assistant }) } as never);
    },
    get: (path, headers = {}) =>
      fetch(new URL(path, server.url), { headers: { cookie: world.cookie, ...headers }, redirect: "manual" }),
    open: (path, cookie = world.cookie) => openPage(new URL(path, server.url), cookie),
    socket: () => openHosted(server.url, world.cookie),
    container: () => rows()[0],
    inside: (command) => docker(["exec", rows()[0] ?? "", "bash", "-c", command]),
    async signIn() {
      const link = (await server.run("link", "--json")).stdout;
      const code = /#[^"\s]*?([A-Za-z0-9_-]{20,})/.exec(link)?.[1] ?? "";
      const answer = await fetch(new URL("/api/auth/link", server.url), {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ code }),
      });
      if (!answer.ok) throw new Error(`signing in: ${await answer.text()}`);
      world.cookie = (answer.headers.get("set-cookie") ?? "").split(";")[0] ?? "";
    },
    async bearer(token) {
      const headers = { authorization: `Bearer ${token}` };
      return (await fetch(new URL("/api/admin/devices", server.url), { headers })).status;
    },
    async rotate() {
      const { token = "" } = await world.client.request("auth.gatewayToken.rotate", {});
      world.client.close();
      world.client = await connectClient(server.url, { token });
      await world.signIn();
      return token;
    },
    async saidSoFar() {
      const socket = await world.socket();
      const history = await socket.call("chat.history", { sessionKey: "agent:main:main", limit: 500 });
      socket.close();
      return JSON.stringify(history.payload);
    },
    async snapshot() {
      const { jobId } = await world.client.request("snapshots.create", {});
      return jobEnd(world, jobId);
    },
    async goBack(id) {
      const { jobId } = await world.client.request("snapshots.restore", { id });
      await jobEnd(world, jobId);
      // It begins anew in a moment, and with it the container.
      await new Promise((resolve) => setTimeout(resolve, 2_000));
      await world.reconnect();
      await world.signIn();
    },
    async reconnect() {
      world.client.close();
      world.client = await connectClient(server.url, { dataDir: server.dataDir });
    },
    async dispose() {
      world.client.close();
      await server.dispose();
      for (const id of docker(["ps", "-aq", "--filter", `label=moltworker.owner=${owner}`])
        .split("\n")
        .filter(Boolean))
        docker(["rm", "-f", "-v", id]);
      await provider.close();
    },
  };
  await world.signIn();
  return world;
}

/** The snapshot that a job made or used. Throws when it failed. */
async function jobEnd(world: HostedWorld, jobId: string): Promise<string> {
  for (;;) {
    const { jobs } = await world.client.request("snapshots.list", {}, { resend: true });
    const job = jobs.find(({ id }) => id === jobId);
    if (job?.state === "done") return job.snapshotId ?? "";
    if (job?.state === "failed") throw new Error(`the snapshot: ${JSON.stringify(job)}`);
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
}

function openPage(url: URL, cookie: string): Promise<{ status: number; location: string | undefined; text: string }> {
  return new Promise((resolve, reject) => {
    get(url, { headers: { accept: "text/html", ...(cookie === "" ? {} : { cookie }) } }, (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (chunk) => (text += chunk));
      answer.on("end", () => resolve({ status: answer.statusCode ?? 0, location: answer.headers.location, text }));
    }).on("error", reject);
  });
}

/** One message, and the end of its run as the gateway tells it. */
export async function turnOf(socket: HostedSocket, text: string): Promise<string> {
  const key = `turn-${Date.now()}-${Math.random()}`;
  await socket.call("chat.send", { sessionKey: "agent:main:main", message: text, idempotencyKey: key });
  const end = await socket.frame(
    ({ event, payload }) =>
      event === "chat" && payload?.runId === key && ["final", "error", "aborted"].includes(String(payload.state)),
    120_000,
  );
  return JSON.stringify(end.payload);
}

/** As the stock Control UI connects: a device of its own, and no token at all. */
async function openHosted(url: string, cookie: string): Promise<HostedSocket> {
  const socket = await openRaw(url, { path: "/openclaw", headers: { cookie, origin: url.replace(/\/$/, "") } });
  let count = 0;
  const call: HostedSocket["call"] = (method, params) => {
    count += 1;
    const id = `hosted-${count}`;
    socket.send(JSON.stringify({ type: "req", id, method, ...(params === undefined ? {} : { params }) }));
    return socket.frame((frame) => frame.type === "res" && frame.id === id, 60_000);
  };
  const challenge = await socket.frame((frame) => frame.event === "connect.challenge", 20_000);
  const { nonce, ts } = challenge.payload as { nonce: string; ts: number };
  const device = await createTestDevice();
  const scopes = ["admin", "read", "write", "approvals", "questions", "pairing"].map((name) => `operator.${name}`);
  const client = { id: "webchat-ui", version: "2026.9.6", platform: "Linux x86_64", mode: "webchat" } as const;
  const hello = await call("connect", await device.connect({ nonce, signedAt: ts, scopes, client }));
  return { ...socket, hello, call };
}
