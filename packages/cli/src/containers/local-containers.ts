/**
 * Containers on this machine, as the supervisor has them: a socket for workerd to speak to, from the first moment; the proxy
 * behind it and the engine only when somebody speaks. Without an engine nothing else is missed.
 */

import { chmodSync, existsSync, mkdtempSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import type { Server as HttpServer } from "node:http";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ownerOf } from "./container-names.ts";
import { createDockerEngine, engineSocket } from "./docker-engine.ts";
import { createEngineProxy } from "./engine-proxy.ts";
import { createHostRoutes, type HostRoutes } from "./host-routes.ts";

export interface LocalContainers {
  /** A new workerd knows nothing of what the last one had made. */
  forget(): void;
  /** This workerd is about to end, and another follows: what runs goes on until that one is there. False when nothing was ever run. */
  hold(): boolean;
  /** Removes every container of this assistant, and the socket. */
  close(): Promise<void>;
}

export interface LocalContainersOptions {
  /** The data folder; the socket is made in it. */
  folder: string;
  /** Image tags by name. */
  images: Record<string, string>;
  environment: NodeJS.ProcessEnv;
  log(event: string, fields: Record<string, unknown>): void;
}

/** Relative to the data folder, which is workerd's working directory: it stands so in the configuration. */
export const engineSocketName = "engine.sock";
/** Says that containers were used since the last clean stop, so that a start after a crash looks for what is left. */
const usedName = "containers-used";
const sweepMs = 10_000;
const leaseMs = 45_000;
/** Longer paths do not fit into the address of a socket. */
const longestSocketPath = 100;

export async function openLocalContainers(options: LocalContainersOptions): Promise<LocalContainers> {
  const { folder, images, environment, log } = options;
  const owner = ownerOf(folder);
  const used = join(folder, usedName);
  const sockets = new Set<Socket>();
  let routes: HostRoutes | undefined;
  let proxy: Promise<HttpServer> | undefined;
  let timer: NodeJS.Timeout | undefined;

  const open = (): HostRoutes => {
    routes ??= createHostRoutes({
      engine: createDockerEngine(engineSocket(environment)),
      owner,
      images,
      leaseMs,
      onUse: () => {
        writeFileSync(used, "", { mode: 0o600 });
        watch();
      },
    });
    return routes;
  };
  const watch = () => {
    timer ??= setInterval(() => void sweep(), sweepMs);
    timer.unref();
  };
  const sweep = async () => {
    try {
      const removed = await open().sweep();
      if (removed.length > 0) log("containers.orphans_removed", { objects: removed.map((object) => object.slice(0, 12)) });
    } catch (error) {
      log("containers.sweep_failed", { message: error instanceof Error ? error.message : String(error) });
    }
  };

  const listener = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => {});
    proxy ??= createEngineProxy({
      owner,
      socketPath: engineSocket(environment),
      routes: open(),
      log,
    });
    proxy.then(
      (server) => server.emit("connection", socket),
      () => socket.destroy(),
    );
  });
  const removeSocket = await listen(listener, join(folder, engineSocketName));
  if (existsSync(used)) watch();

  return {
    forget: () => routes?.forget(),
    hold() {
      routes?.hold();
      return routes !== undefined;
    },
    async close() {
      clearInterval(timer);
      if (existsSync(used)) {
        await open()
          .removeAll()
          .then(
            () => rmSync(used, { force: true }),
            (error: Error) => log("containers.sweep_failed", { message: error.message }),
          );
      }
      listener.close();
      for (const socket of sockets) socket.destroy();
      removeSocket();
    },
  };
}

/** Listens at `path`, for this user alone; where that is too long for a socket, elsewhere with a link to it. */
async function listen(listener: Server, path: string): Promise<() => void> {
  rmSync(path, { force: true });
  const folder = path.length > longestSocketPath ? mkdtempSync(join(tmpdir(), "moltworker-")) : undefined;
  const place = folder ? join(folder, engineSocketName) : path;
  await new Promise<void>((resolve, reject) => {
    listener.once("error", reject);
    listener.listen(place, resolve);
  });
  chmodSync(place, 0o600);
  if (folder) symlinkSync(place, path);
  return () => {
    if (folder) rmSync(folder, { recursive: true, force: true });
    try {
      unlinkSync(path);
    } catch {
      // The listener took it away itself.
    }
  };
}
