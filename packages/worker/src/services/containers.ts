/** The containers beside the core: what there is, who uses it, and what is taken up after a wake. */

import type { Settings } from "../catalog/sections.ts";
import type { Config } from "../config/config.ts";
import { createContainerHost } from "../containers/container-host.ts";
import { type ContainerKind, type Containers, createContainers } from "../containers/containers.ts";
import { createCredentials } from "../containers/credentials.ts";
import { createSandbox, type Sandbox, sandboxId } from "../containers/sandbox/sandbox.ts";
import { sandboxSpec } from "../containers/sandbox/sandbox-spec.ts";
import { containerRoutes } from "../edge/container-routes.ts";
import type { Env } from "../env.ts";
import type { Clock } from "../platform/clock.ts";
import type { Egress } from "../platform/egress.ts";
import type { Secrets } from "../secrets/secrets.ts";
import type { Workspace } from "../storage/workspace.ts";
import type { Part } from "./part.ts";

interface Deps {
  env: Env;
  assistantId: string;
  clock: Clock;
  workspace: Workspace;
  secrets: Secrets;
  egress: Egress;
  config: Config<Settings>;
  /** Beside the sandbox. */
  kinds: readonly ContainerKind[];
}

export interface ContainersPart extends Part {
  /** A request of the sandbox to a host whose credential is kept here. */
  answerSandbox(request: Request): Promise<Response>;
}

export function createContainersPart(deps: Deps): { containers: Containers; sandbox: Sandbox; part: ContainersPart } {
  const { env, assistantId, clock, workspace, secrets, egress, config, kinds } = deps;
  const settings = () => config.get("containers");
  const credentials = createCredentials({
    rules: () => settings().credentials,
    setRules: (rules) => void config.patch({ containers: { credentials: rules } }, { changedBy: "the command line" }),
    secrets,
    egress,
  });
  const host = env.CONTAINER_HOST && createContainerHost(env.CONTAINER_HOST, assistantId);
  const containers = createContainers({
    namespace: env.CONTAINERS,
    engine: host && (() => host.engine()),
    assistantId,
    kinds: [{ id: sandboxId, title: "Sandbox", spec: () => sandboxSpec(settings()) }, ...kinds],
    credentials,
    enabled: () => settings().enabled,
    now: clock.now,
  });
  const sandbox = createSandbox({
    containers,
    workspace,
    hasNetwork: () => settings().allow.length + settings().credentials.length > 0,
  });
  return { containers, sandbox, part: { routes: containerRoutes(containers), answerSandbox: credentials.answer } };
}
