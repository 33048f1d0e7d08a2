/**
 * What a container may be, whatever the runtime asks for. Pure: takes the body of a create request, returns the one that is
 * sent. Everything is set here; nothing that could widen it is passed on.
 */

import { imagePrefix } from "./image-sources.ts";

export interface ContainerPolicy {
  generation: number;
  image: string;
  memoryMiB: number;
  cpus: number;
  processes: number;
  /** Room for files, in memory: the disk of the machine cannot be filled. */
  diskMiB: number;
  /** Folders that can be written, with their share of `diskMiB`; everything else is read-only. */
  writable: Record<string, number>;
  /** Linux capabilities of the first process, out of a few harmless ones. */
  capabilities: string[];
  egress: { allow: string[]; credentials: string[]; secret: string };
}

export interface CreateNames {
  owner: string;
  object: string;
  /** Name of the networking container. */
  network: string;
}

interface CreateBody {
  Image?: string;
  Env?: string[];
  Cmd?: string[];
  Entrypoint?: string[];
}

const mebibyte = 1_048_576;
const grantable = new Set(["SETUID", "SETGID", "KILL"]);
/** The tools' user in our images. */
const toolUser = 1000;

const common = {
  Privileged: false,
  CapDrop: ["ALL"],
  SecurityOpt: ["no-new-privileges"],
  RestartPolicy: { Name: "no", MaximumRetryCount: 0 },
  ReadonlyRootfs: true,
  AutoRemove: false,
  IpcMode: "private",
  LogConfig: { Type: "json-file", Config: { "max-size": "1m", "max-file": "2" } },
  Ulimits: [{ Name: "nofile", Soft: 4_096, Hard: 4_096 }],
} as const;

/** The container with the image's own program. Throws with a reason in words. */
export function appContainer(body: CreateBody, policy: ContainerPolicy, names: CreateNames): Record<string, unknown> {
  if (body.Image !== policy.image || !policy.image.startsWith(imagePrefix))
    throw new Error(`the image ${String(body.Image)} is not the one that was announced`);
  const memory = policy.memoryMiB * mebibyte;
  const shares = Object.values(policy.writable).reduce((sum, share) => sum + share, 0);
  const folders = Object.entries(policy.writable).map(([path, share]) => {
    const size = Math.max(1, Math.floor((policy.diskMiB * share) / shares));
    return [path, `rw,exec,nosuid,nodev,size=${size}m,uid=${toolUser},gid=${toolUser},mode=0755`];
  });
  return {
    Image: body.Image,
    Env: body.Env ?? [],
    ...(body.Cmd ? { Cmd: body.Cmd } : {}),
    ...(body.Entrypoint ? { Entrypoint: body.Entrypoint } : {}),
    StopTimeout: 5,
    Labels: labelsOf(names, "app", { "moltworker.generation": String(policy.generation), "moltworker.image": policy.image }),
    HostConfig: {
      ...common,
      CapAdd: policy.capabilities.filter((name) => grantable.has(name)),
      Memory: memory,
      MemorySwap: memory,
      NanoCpus: Math.round(policy.cpus * 1e9),
      PidsLimit: policy.processes,
      // When the whole machine runs short, this goes before anything of the owner's.
      OomScoreAdj: 500,
      NetworkMode: `container:${names.network}`,
      Tmpfs: Object.fromEntries(folders),
    },
  };
}

/** The container that owns the network. It alone has the right to change routes, and one port, for this machine alone. */
export function networkContainer(
  image: string,
  command: string[],
  policy: ContainerPolicy,
  names: CreateNames,
  hostPort = "",
): Record<string, unknown> {
  const port = "39001/tcp";
  return {
    Image: image,
    Cmd: command,
    Env: [`MOLTWORKER_EGRESS=${JSON.stringify(policy.egress)}`],
    ExposedPorts: { [port]: {} },
    StopTimeout: 1,
    Labels: labelsOf(names, "network", { "moltworker.egress": egressMark(policy) }),
    HostConfig: {
      ...common,
      CapAdd: ["NET_ADMIN", "SETUID", "SETGID"],
      Memory: 128 * mebibyte,
      MemorySwap: 128 * mebibyte,
      PidsLimit: 32,
      NetworkMode: "bridge",
      PortBindings: { [port]: [{ HostIp: "127.0.0.1", HostPort: hostPort }] },
      Sysctls: {
        "net.ipv6.conf.all.disable_ipv6": "1",
        "net.ipv4.conf.all.rp_filter": "0",
        "net.ipv4.conf.default.rp_filter": "0",
      },
    },
  };
}

/** Changes when the rules of the way out change; the network is then made anew. */
export function egressMark({ egress }: ContainerPolicy): string {
  return JSON.stringify([[...egress.allow].sort(), [...egress.credentials].sort(), egress.secret.slice(0, 8)]);
}

function labelsOf(names: CreateNames, role: string, more: Record<string, string>): Record<string, string> {
  return { "moltworker.owner": names.owner, "moltworker.object": names.object, "moltworker.role": role, ...more };
}
