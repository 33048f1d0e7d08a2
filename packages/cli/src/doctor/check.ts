/** What a check from outside may reach. One file each in `doctor/checks/`, one line in `doctor/checks.ts`. */

import { type Check, type DoctorReport, type Finding, skipped } from "@moltworker/protocol/doctor";
import type { DataFolder } from "../supervisor/data-folder.ts";
import type { RunRecord } from "../supervisor/run-file.ts";
import type { Reached, Upgraded } from "./exchange.ts";

/** The assistant of a data folder on this machine. */
export interface LocalTarget {
  folder: DataFolder;
  /** Pid of the supervisor that holds the folder. */
  holder: { pid: number; since: string } | undefined;
  /** Only while that supervisor is the one that wrote it and its server listens. */
  run: RunRecord | undefined;
  /** Where `moltworker start` would listen. */
  startPort: number;
}

export interface OutsideContext {
  /** Origin of the assistant; undefined when nothing runs here. */
  url: URL | undefined;
  local: LocalTarget | undefined;
  /** The gateway token: from stdin, else of the data folder, read anew each time. */
  readonly token: string | undefined;
  /** Whether a service token of Cloudflare Access goes along with each question. */
  showsServiceToken: boolean;
  /** Of this command. */
  version: string;
  /** `GET /readyz`, asked once. Undefined without an address. */
  reached(): Promise<Reached | undefined>;
  /** The WebSocket's upgrade and its first frame, asked once. */
  upgraded(): Promise<Upgraded | undefined>;
  /** `GET /api/auth/me` without a credential, asked once: only Moltworker answers it so. */
  stranger(): Promise<Reached | undefined>;
  /** Who the token says we are. */
  identity(): Promise<Reached | undefined>;
  /** The checks inside the assistant, asked once. Throws MoltError when the assistant refuses or is too old. */
  report(): Promise<DoctorReport | undefined>;
  /** Checks that failed so far: what follows from one of them is not a fault of its own. */
  failed: ReadonlySet<string>;
}

export type OutsideCheck = Check<OutsideContext>;

/** The answer of a check that cannot be made because of an earlier one, or because it has no address to ask. */
export function cannotBeMade(context: OutsideContext, needs: readonly string[]): Finding | undefined {
  const cause = needs.find((id) => context.failed.has(id));
  if (cause) return skipped(`see ${cause}`);
  return context.url ? undefined : skipped("nothing runs here");
}
