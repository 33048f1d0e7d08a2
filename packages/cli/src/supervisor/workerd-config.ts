/**
 * The workerd configuration, written at build time beside the bundled Worker and compiled with it into one file. It names no folder, address or secret:
 * those are given per start, as `--directory-path`, `--socket-addr` and environment.
 */

import { seedVariables } from "@moltworker/protocol/variables";
import { containerKey } from "../containers/container-names.ts";
import { engineSocketName } from "../containers/local-containers.ts";

export interface ConfigInput {
  version: string;
  /** Module names; the first is the entry. Each is embedded from the same relative path. */
  modules: string[];
  /** Tags of the container images by name; `sidecar` is the network of each. */
  images: Record<string, string>;
}

export const v8Flags = [
  // The young generation otherwise grows to three times 16 MB and stays: measured over 1,000 turns, 264 MB against 140.
  "--max-semi-space-size=4",
  // Code that was not run for a few collections is otherwise thrown away, and what comes next waits for it: measured where calls of several
  // kinds take turns, 6 % more processor time and a tenth of a millisecond at a low rate, against 4 MB.
  "--no-flush-bytecode",
];

/** Cap'n Proto text for `workerd serve`. */
export function workerdConfig(input: ConfigInput): string {
  const modules = input.modules.map((name) => `(name = ${quote(name)}, esModule = embed ${quote(name)})`);
  const { sidecar: _, ...apps } = input.images;
  const images = Object.entries(apps).map(([name, image]) => `(name = ${quote(name)}, image = ${quote(image)})`);
  return `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "main", worker = .main),
    (name = "do-storage", disk = (writable = true)),
    (name = "blobs", disk = (writable = true)),
    (name = "snapshots", disk = (writable = true)),
    (name = "ui", disk = (writable = false)),
    (name = "internet", network = (allow = ["public"], tlsOptions = (trustBrowserCas = true))),
    (name = "named-network", network = (allow = ["public", "private", "local"], tlsOptions = (trustBrowserCas = true))),
    # The supervisor's socket in the data folder, which is the working directory; behind it, a Docker Engine where there is one.
    (name = "container-host", external = (address = "unix:${engineSocketName}", http = ())),
  ],
  sockets = [(name = "http", http = (), service = "main")],
  logging = (structuredLogging = true),
  v8Flags = ${JSON.stringify(v8Flags)},
);

const main :Workerd.Worker = (
  modules = [
    ${modules.join(",\n    ")},
  ],
  compatibilityDate = "2026-10-01",
  # Who goes away before the first byte of an answer ends the work for it, in the object too.
  compatibilityFlags = ["enable_request_signal", "request_signal_passthrough"],
  globalOutbound = "internet",
  durableObjectNamespaces = [
    (className = "Assistant", uniqueKey = "moltworker-Assistant", enableSql = true),
    (className = "SnapshotScratch", uniqueKey = "moltworker-SnapshotScratch", enableSql = true),
    (className = "ContainerObject", uniqueKey = ${quote(containerKey)}, enableSql = true, container = (images = [${images.join(", ")}])),
  ],
  durableObjectStorage = (localDisk = "do-storage"),
  containerEngine = (localDocker = (
    socketPath = "unix:${engineSocketName}",
    containerEgressInterceptorImage = ${quote(input.images.sidecar ?? "none")},
  )),
  bindings = [
    ${bindings(input.version).join(",\n    ")},
  ],
);
`;
}

function bindings(version: string): string[] {
  const fromEnvironment = ["HOST_KEY", "UNUSED_VARIABLES", ...seedVariables];
  return [
    `(name = "ASSISTANT", durableObjectNamespace = "Assistant")`,
    `(name = "ASSETS", service = "ui")`,
    `(name = "BLOBS", service = "blobs")`,
    `(name = "SNAPSHOTS", service = "snapshots")`,
    `(name = "SCRATCH", durableObjectNamespace = "SnapshotScratch")`,
    `(name = "NAMED_NETWORK", service = "named-network")`,
    `(name = "CONTAINERS", durableObjectNamespace = "ContainerObject")`,
    `(name = "CONTAINER_HOST", service = "container-host")`,
    `(name = "VERSION", text = ${quote(version)})`,
    ...fromEnvironment.map((name) => `(name = ${quote(name)}, fromEnvironment = ${quote(name)})`),
  ];
}

/** Cap'n Proto strings take C escapes; JSON's are a subset of them for the names we write. */
const quote = (text: string) => JSON.stringify(text);
