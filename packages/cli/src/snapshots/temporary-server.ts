/**
 * The assistant's own code on a folder that nobody else uses, for work on snapshots while no assistant runs: the same Worker
 * reads and proves them, so there is one way to do it. It listens on loopback, on a free port, for this process alone.
 */

import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MoltError } from "@moltworker/protocol/errors";
import { createDataFolder, type DataFolder, gatewayToken } from "../supervisor/data-folder.ts";
import type { HostAddress } from "../supervisor/host-api.ts";
import { Supervisor } from "../supervisor/supervisor.ts";
import { findBuiltFiles, findWorkerd } from "../supervisor/workerd-binary.ts";
import { version } from "../version.ts";

/** Runs `work` against a server on `folder`, whose lock the caller holds. The server has ended when this settles. */
export async function withServerOn<Value>(folder: DataFolder, work: (address: HostAddress) => Promise<Value>): Promise<Value> {
  const hostKey = randomBytes(32).toString("hex");
  let ready: (address: HostAddress) => void = () => {};
  const isReady = new Promise<HostAddress>((resolve) => {
    ready = resolve;
  });
  const supervisor = new Supervisor(
    {
      ...{ folder, host: "127.0.0.1", port: 0, binary: findWorkerd(), built: findBuiltFiles(), version, hostKey },
      gatewayToken: gatewayToken(folder, {}),
      // No variable reaches it: what is read here is not seeded with this shell's keys.
      environment: {},
    },
    (event) => {
      if (event.type === "ready") ready({ host: "127.0.0.1", port: event.port, hostKey });
    },
  );
  const ended = supervisor.run();
  try {
    return await work(
      await Promise.race([
        isReady,
        ended.then(() => {
          throw new MoltError("WORKERD_CRASHED");
        }),
      ]),
    );
  } finally {
    supervisor.stop();
    await ended.catch(() => undefined);
  }
}

/** A server on an empty folder that is gone afterwards; it sees the snapshots of `snapshots`. */
export async function withScratchServer<Value>(
  snapshots: string,
  work: (address: HostAddress) => Promise<Value>,
): Promise<Value> {
  const path = mkdtempSync(join(tmpdir(), "moltworker-scratch-"));
  try {
    return await withServerOn(createDataFolder(path, snapshots), work);
  } finally {
    rmSync(path, { recursive: true, force: true });
  }
}
