/** The containers of one assistant on the engine, found by their labels whatever made or forgot them. */

import type { DockerEngine } from "./docker-engine.ts";

export interface OwnedContainer {
  id: string;
  object: string;
  role: string;
  generation: number;
  image: string;
  running: boolean;
  egressMark: string;
  /** The port of this machine behind which a network listens; undefined for other containers. */
  port?: number;
}

interface ListRow {
  Id: string;
  State: string;
  Labels: Record<string, string>;
  Ports?: { PrivatePort: number; PublicPort?: number }[];
}

export interface ExitFacts {
  exists: boolean;
  running: boolean;
  generation: number;
  image: string;
  exitCode: number | null;
  outOfMemory: boolean;
  /** The engine's own words when it could not start. */
  error: string;
  /** The last lines that it wrote. */
  lines: string[];
}

const keptLines = 40;

export async function listOwned(engine: DockerEngine, owner: string, object?: string): Promise<OwnedContainer[]> {
  const label = [`moltworker.owner=${owner}`, ...(object ? [`moltworker.object=${object}`] : [])];
  const filters = encodeURIComponent(JSON.stringify({ label }));
  const rows = (await engine.json<ListRow[]>("GET", `/containers/json?all=true&filters=${filters}`)) ?? [];
  return rows.map(({ Id, State, Labels, Ports }) => ({
    id: Id,
    object: Labels["moltworker.object"] ?? "",
    role: Labels["moltworker.role"] ?? "",
    generation: Number(Labels["moltworker.generation"] ?? 0),
    image: Labels["moltworker.image"] ?? "",
    running: State === "running",
    egressMark: Labels["moltworker.egress"] ?? "",
    port: Ports?.find(({ PrivatePort }) => PrivatePort === 39_001)?.PublicPort,
  }));
}

/** Kills and removes; returns when it is gone. A container that the engine cannot remove at once is asked again. */
export async function removeContainer(engine: DockerEngine, id: string, timeoutMs = 15_000): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const { status } = await engine.call("DELETE", `/containers/${id}?force=true&v=true`);
    const gone = status === 404 || (await engine.call("GET", `/containers/${id}/json`)).status === 404;
    if (gone) return;
    if (Date.now() > deadline) throw new Error(`the engine does not remove container ${id.slice(0, 12)} (status ${status})`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

export async function exitFacts(engine: DockerEngine, owner: string, object: string): Promise<ExitFacts> {
  const app = (await listOwned(engine, owner, object)).find(({ role }) => role === "app");
  const none = {
    exists: false,
    running: false,
    generation: 0,
    image: "",
    exitCode: null,
    outOfMemory: false,
    error: "",
    lines: [],
  };
  if (!app) return none;
  const seen = await engine.json<{ State: { Running: boolean; ExitCode: number; OOMKilled: boolean; Error: string } }>(
    "GET",
    `/containers/${app.id}/json`,
  );
  if (!seen) return none;
  const { Running, ExitCode, OOMKilled, Error: error } = seen.State;
  return {
    exists: true,
    running: Running,
    generation: app.generation,
    image: app.image,
    exitCode: Running ? null : ExitCode,
    outOfMemory: OOMKilled,
    error,
    lines: await lastLines(engine, app.id),
  };
}

async function lastLines(engine: DockerEngine, id: string): Promise<string[]> {
  const { status, text } = await engine.call("GET", `/containers/${id}/logs?stdout=1&stderr=1&tail=${keptLines}`);
  if (status !== 200) return [];
  // Each piece has a header of eight bytes: the stream, three zeros and the length.
  const plain = text.replace(/[\u0000-\u0002]\u0000\u0000\u0000[\s\S]{4}/g, "");
  return plain
    .split("\n")
    .filter(Boolean)
    .slice(-keptLines)
    .map((line) => line.slice(0, 500));
}
