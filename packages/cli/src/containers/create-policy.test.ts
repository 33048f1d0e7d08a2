import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { engineName, ownerOf, parseName } from "./container-names.ts";
import { appContainer, type ContainerPolicy, egressMark, networkContainer } from "./create-policy.ts";
import { imageTag, imageTags, openClawVersions, readDockerfile } from "./image-sources.ts";

const policy: ContainerPolicy = {
  generation: 7,
  image: "moltworker-sandbox:1",
  memoryMiB: 512,
  cpus: 1.5,
  processes: 64,
  diskMiB: 100,
  writable: { "/workspace": 3, "/tmp": 1 },
  capabilities: ["SETUID", "SYS_ADMIN"],
  egress: { allow: ["b.example", "a.example"], credentials: [], secret: "s".repeat(64) },
};
const names = { owner: "abc", object: "0".repeat(64), network: "moltworker-abc-0-network" };

/** Everything that workerd, or whoever reaches its socket, could ask for to get out. */
const greedy = {
  Image: "moltworker-sandbox:1",
  Env: ["A=1"],
  User: "0:0",
  HostConfig: {
    Privileged: true,
    Binds: ["/:/host", "/var/run/docker.sock:/d"],
    CapAdd: ["ALL"],
    PidMode: "host",
    NetworkMode: "host",
    Devices: [{ PathOnHost: "/dev/sda" }],
    RestartPolicy: { Name: "always" },
    SecurityOpt: ["seccomp=unconfined"],
  },
};

describe("what a container may be", () => {
  it("is set by the policy alone, whatever was asked for", () => {
    const made = appContainer(greedy, policy, names);
    expect(JSON.stringify(made)).not.toMatch(/host"|docker\.sock|unconfined|"ALL"\],"Cap|SYS_ADMIN|always/);
    expect(made.HostConfig).toMatchObject({
      Privileged: false,
      CapDrop: ["ALL"],
      CapAdd: ["SETUID"],
      SecurityOpt: ["no-new-privileges"],
      RestartPolicy: { Name: "no" },
      ReadonlyRootfs: true,
      Memory: 512 * 1_048_576,
      MemorySwap: 512 * 1_048_576,
      NanoCpus: 1_500_000_000,
      PidsLimit: 64,
      NetworkMode: "container:moltworker-abc-0-network",
      Tmpfs: { "/workspace": expect.stringContaining("size=75m"), "/tmp": expect.stringContaining("size=25m") },
    });
    expect(made.Labels).toMatchObject({ "moltworker.owner": "abc", "moltworker.generation": "7" });
  });

  it.each(["alpine", "moltworker-sandbox:2", ""])("is no other image than the one that was announced: %j", (Image) => {
    expect(() => appContainer({ Image }, policy, names)).toThrow(/not the one/);
  });

  it("is refused for an image of somebody else's, announced or not", () => {
    expect(() => appContainer({ Image: "alpine" }, { ...policy, image: "alpine" }, names)).toThrow(/not the one/);
  });

  it("has a network with one port, on this machine alone", () => {
    const made = networkContainer("moltworker-sidecar:1", [], policy, names);
    expect(made.HostConfig).toMatchObject({
      CapAdd: ["NET_ADMIN", "SETUID", "SETGID"],
      PortBindings: { "39001/tcp": [{ HostIp: "127.0.0.1", HostPort: "" }] },
    });
  });

  it("has a network that is made anew when its rules change", () => {
    const other = (allow: string[]) => egressMark({ ...policy, egress: { ...policy.egress, allow } });
    expect(other(["a.example", "b.example"])).toBe(egressMark(policy));
    expect(other(["a.example"])).not.toBe(egressMark(policy));
  });
});

describe("names", () => {
  const object = "5".repeat(64);
  it("belong to a data folder, so that two assistants on one machine never share one", () => {
    const named = parseName(`workerd-moltworker-ContainerObject-${object}-proxy`);
    expect(named).toEqual({ object, isNetwork: true });
    expect(engineName(ownerOf("/a"), { object, isNetwork: false })).not.toBe(
      engineName(ownerOf("/b"), { object, isNetwork: false }),
    );
  });

  it.each(["postgres", `workerd-other-${object}`, `workerd-moltworker-ContainerObject-${object}/../x`, ""])(
    "of others are none of ours: %j",
    (name) => expect(parseName(name)).toBeUndefined(),
  );
});

it("images have a tag for each content, and every stage that they stand on", () => {
  const folder = fileURLToPath(new URL("../../../../images", import.meta.url));
  const tags = imageTags(folder);
  const hosted = openClawVersions(folder).map((version) => `moltbot-${version}`);
  expect(Object.keys(tags)).toEqual(["sidecar", "sandbox", ...hosted]);
  expect(new Set([...Object.values(tags), imageTag(folder, "base")]).size).toBe(3 + hosted.length);
  expect(tags[hosted[0] ?? ""]).toMatch(/^moltworker-moltbot:2026\.\d+\.\d+-[0-9a-f]{16}$/);
  const lines = readDockerfile(folder)
    .upTo("moltbot")
    .match(/^FROM .*$/gm);
  expect(lines).toEqual([expect.stringMatching(/AS base$/), "FROM base AS openclaw", "FROM openclaw AS moltbot"]);
  expect(readDockerfile(folder).stages.sandbox).toContain("ENTRYPOINT");
});
