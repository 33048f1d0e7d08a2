/** A whole assistant with a sandbox behind it: messages that make it run commands, answered approvals, and the engine seen from outside. */

import { spawnSync } from "node:child_process";
import type { ContainerInfo } from "@moltworker/protocol/containers";
import { ownerOf } from "../../packages/cli/src/containers/container-names.ts";
import { type FakeProvider, startFakeProvider } from "../fakes/provider.ts";
import { connectClient, type RecordingClient } from "./client.ts";
import { type Server, type ServerOptions, startServer } from "./server.ts";

export interface ToolEnd {
  text: string;
  isError: boolean;
  durationMs: number;
  /** What was told while it ran: when, by the assistant's own clock, and the words. */
  updates: { ts: number; text: string }[];
  /** From the call's start to the first output; undefined without one. */
  firstOutputMs: number | undefined;
}

export interface SandboxWorld {
  server: Server;
  client: RecordingClient;
  owner: string;
  /** Runs one tool call as the model would, says yes where it is asked for, and returns what the model reads. */
  call(tool: string, args: Record<string, unknown>): Promise<ToolEnd>;
  bash(command: string, more?: Record<string, unknown>): Promise<ToolEnd>;
  sandbox(): Promise<ContainerInfo>;
  /** The files of the assistant as text. */
  file(path: string): Promise<string | undefined>;
  setFile(path: string, content: string): Promise<void>;
  /** The engine's containers of this assistant, ended ones too. */
  containers(): EngineRow[];
  reconnect(): Promise<void>;
  dispose(): Promise<void>;
}

export interface EngineRow {
  id: string;
  name: string;
  state: string;
  role: string;
  generation: number;
}

export interface WorldOptions extends ServerOptions {
  engineSocket?: string;
}

export async function createSandboxWorld(options: WorldOptions = {}): Promise<SandboxWorld> {
  const provider: FakeProvider = await startFakeProvider();
  const socket = options.engineSocket;
  const server = await startServer({
    timeoutMs: 60_000,
    ...options,
    env: {
      OPENAI_API_KEY: "sk-test",
      OPENAI_BASE_URL: `${provider.url}/v1`,
      ...(socket ? { DOCKER_HOST: `unix://${socket}` } : {}),
      ...options.env,
    },
  });
  const approve = (client: RecordingClient) => (frame: { event: string; payload?: unknown }) => {
    const { id } = (frame.payload ?? {}) as { id?: string };
    if (frame.event === "exec.approval.requested" && id)
      void client.request("exec.approval.resolve", { id, decision: "allow-once" }).catch(() => undefined);
  };
  const connect = async () => {
    let client: RecordingClient | undefined;
    client = await connectClient(server.url, { dataDir: server.dataDir, onEvent: (frame) => client && approve(client)(frame) });
    return client;
  };
  let count = 0;
  const world: SandboxWorld = {
    server,
    client: await connect(),
    owner: ownerOf(server.dataDir),
    async call(tool, args) {
      const runId = `run-${process.pid}-${Date.now()}-${count++}`;
      const sessionKey = `agent:main:${runId}`;
      const message = `[[tool: ${tool} ${JSON.stringify(args)}]] [[then]] [[say: done]]`;
      await world.client.request("chat.send", { sessionKey, message, idempotencyKey: runId });
      await world.client.request("agent.wait", { runId, timeoutMs: 600_000 }, { timeoutMs: 600_000 });
      const { messages } = await world.client.request("chat.history", { sessionKey });
      const result = messages.find((entry) => entry.role === "toolResult");
      if (result?.role !== "toolResult") throw new Error(`no tool result: ${JSON.stringify(messages)}`);
      const text = (result.content as { text?: string }[]).map((part) => part.text ?? "").join("");
      const { durationMs = 0 } = result as { durationMs?: number };
      return { text, isError: result.isError === true, durationMs, ...toldOf(world.client, runId) };
    },
    bash: (command, more = {}) => world.call("bash", { command, ...more }),
    async sandbox() {
      const { containers } = await world.client.request("containers.list", {});
      return containers[0] as ContainerInfo;
    },
    async file(path) {
      const found = await world.client.request("agents.files.get", { name: path });
      return found.file.missing ? undefined : found.file.content;
    },
    async setFile(path, content) {
      await world.client.request("agents.files.set", { name: path, content });
    },
    containers: () => engineRows(world.owner, socket),
    async reconnect() {
      world.client.close();
      world.client = await connect();
    },
    async dispose() {
      world.client.close();
      await server.dispose();
      for (const row of world.containers()) docker(["rm", "-f", "-v", row.id], socket);
      await provider.close();
    },
  };
  return world;
}

const waitingWords = new Set(["starting the sandbox", "running in the sandbox"]);

function toldOf(client: RecordingClient, runId: string): Pick<ToolEnd, "updates" | "firstOutputMs"> {
  const tools = client.events
    .map(({ payload }) => payload as { runId?: string; stream?: string; ts?: number; data?: { phase?: string; meta?: string } })
    .filter((payload) => payload?.runId === runId && payload.stream === "tool");
  const updates = tools
    .filter(({ data }) => data?.phase === "update")
    .map(({ ts = 0, data }) => ({ ts, text: data?.meta ?? "" }));
  // Before that somebody may have been asked.
  const began = updates[0]?.ts;
  const first = updates.find(({ text }) => !waitingWords.has(text))?.ts;
  return { updates, firstOutputMs: began === undefined || first === undefined ? undefined : first - began };
}

export function docker(args: string[], socket?: string): string {
  const { stdout } = spawnSync("docker", [...(socket ? ["-H", `unix://${socket}`] : []), ...args], { encoding: "utf8" });
  return stdout ?? "";
}

function engineRows(owner: string, socket?: string): EngineRow[] {
  const format = `{{.ID}}\t{{.Names}}\t{{.State}}\t{{.Label "moltworker.role"}}\t{{.Label "moltworker.generation"}}`;
  return docker(["ps", "-a", "--filter", `label=moltworker.owner=${owner}`, "--format", format], socket)
    .split("\n")
    .filter(Boolean)
    .map((line) => {
      const [id = "", name = "", state = "", role = "", generation = ""] = line.split("\t");
      return { id, name, state, role, generation: Number(generation) };
    });
}
