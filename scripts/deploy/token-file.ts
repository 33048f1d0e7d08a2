/** Gateway tokens of deployments, one file for each, readable by their owner alone: the next deployment asks for a link with it. */

import { randomBytes } from "node:crypto";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { keptFile } from "./kept-file.ts";

export interface TokenFile {
  path(deployment: string): string;
  read(deployment: string): string | undefined;
  write(deployment: string, token: string): void;
  /** 256 bits as base64url. */
  make(): string;
}

export function createTokenFile(folder: string): TokenFile {
  const path = (deployment: string) => keptFile(folder, deployment, "token");
  return {
    path,
    read(deployment) {
      try {
        return readFileSync(path(deployment), "utf8").trim() || undefined;
      } catch {
        return undefined;
      }
    },
    write(deployment, token) {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      writeFileSync(path(deployment), `${token}\n`, { mode: 0o600 });
      // The mode above counts only for a file that is new.
      chmodSync(path(deployment), 0o600);
    },
    make: () => randomBytes(32).toString("base64url"),
  };
}
