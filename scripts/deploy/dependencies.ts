/** What a deployment works with: all that reaches outside is given, so that its steps can be tried without an account. */

import type { ContainersDeps } from "./containers.ts";
import type { Questions } from "./questions.ts";
import type { TokenFile } from "./token-file.ts";
import type { Wrangler } from "./wrangler.ts";

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
