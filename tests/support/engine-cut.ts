/** A way to the Docker Engine that a test can cut: as if the engine died, with all its connections, and came back. */

import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface EngineCut {
  /** What DOCKER_HOST names. */
  socketPath: string;
  cut(): void;
  mend(): void;
  close(): void;
}

export async function openEngineCut(engineSocket = "/var/run/docker.sock"): Promise<EngineCut> {
  const folder = mkdtempSync(join(tmpdir(), "moltworker-engine-"));
  const socketPath = join(folder, "docker.sock");
  const live = new Set<Socket>();
  let isCut = false;
  const server = createServer((socket) => {
    if (isCut) return socket.destroy();
    const engine = connect(engineSocket);
    for (const end of [socket, engine]) {
      live.add(end);
      end.on("error", () => {});
      end.on("close", () => {
        live.delete(end);
        socket.destroy();
        engine.destroy();
      });
    }
    socket.pipe(engine).pipe(socket);
    return undefined;
  });
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  const drop = () => {
    for (const end of live) end.destroy();
  };
  return {
    socketPath,
    cut() {
      isCut = true;
      drop();
    },
    mend() {
      isCut = false;
    },
    close() {
      server.close();
      drop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
