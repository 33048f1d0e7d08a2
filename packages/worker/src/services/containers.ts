/** The containers beside the core: what there is, who uses it, and what is taken up after a wake. */

import type { Settings } from "../catalog/sections.ts";
import { createContainerHost } from "../containers/container-host.ts";
import { type ContainerKind, type Containers, createContainers } from "../containers/containers.ts";
import { createSandbox, type Sandbox } from "../containers/sandbox/sandbox.ts";
import { sandboxSpec } from "../containers/sandbox/sandbox-spec.ts";
import { containerRoutes } from "../edge/container-routes.ts";
import type { Env } from "../env.ts";
import type { Clock } from "../platform/clock.ts";
import type { Workspace } from "../storage/workspace.ts";
import type { Part } from "./part.ts";

interface Deps {
  env: Env;
  assistantId: string;
  clock: Clock;
  workspace: Workspace;
  settings(): Settings["containers"];
  /** Beside the sandbox. */
  kinds: readonly ContainerKind[];
}

export function createContainersPart({ env, assistantId, clock, workspace, settings, kinds }: Deps): {
  containers: Containers;
  sandbox: Sandbox;
  part: Part;
} {
  const host = env.CONTAINER_HOST && createContainerHost(env.CONTAINER_HOST, assistantId);
  const containers = createContainers({
    namespace: env.CONTAINERS,
    engine: host && (() => host.engine()),
    assistantId,
    kinds: [{ id: "sandbox", title: "Sandbox", spec: () => sandboxSpec(settings()) }, ...kinds],
    enabled: () => settings().enabled,
    now: clock.now,
  });
  const sandbox = createSandbox({ containers, workspace, hasNetwork: () => settings().allow.length > 0 });
  return { containers, sandbox, part: { routes: containerRoutes(containers) } };
}
