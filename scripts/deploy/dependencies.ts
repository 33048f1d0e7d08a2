/** What a deployment works with: all that reaches outside is given, so that its steps can be tried without an account. */

import type { Questions } from "./questions.ts";
import type { TokenFile } from "./token-file.ts";
import type { Wrangler } from "./wrangler.ts";

/** Which containers go along: none, the sandbox of tools, or a hosted OpenClaw beside it. */
export type ContainersChoice = "no" | "sandbox" | "openclaw";

export interface ContainersFile {
  /** What was decided for this deployment before. */
  read(deployment: string): ContainersChoice | undefined;
  write(deployment: string, wanted: ContainersChoice): void;
}

export interface ContainersDeps {
  /** As a flag said it; undefined asks. */
  asked: ContainersChoice | undefined;
  file: ContainersFile;
  /** Whether Docker answers on this machine: wrangler builds the images with it. */
  dockerAnswers(): Promise<boolean>;
  /** Lays everything out; the path of the joined configuration. */
  prepare(wanted: Exclude<ContainersChoice, "no">): Promise<string>;
}

export interface DeployDeps {
  wrangler: Wrangler;
  say(text: string): void;
  /** Of the Worker. */
  name: string;
  newToken: boolean;
  questions: Questions;
  tokens: TokenFile;
  containers: ContainersDeps;
  environment: Readonly<Record<string, string | undefined>>;
  fetch: typeof fetch;
  pause(ms: number): Promise<void>;
}
