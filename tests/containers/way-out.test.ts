/**
 * What the sandbox reaches: names that the owner allows and no others, and hosts whose credential the assistant adds on the
 * way. An address of this machine stands for one of the open network, for as long as the test runs.
 */

import { spawnSync } from "node:child_process";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createSandboxWorld, docker, type SandboxWorld } from "../support/sandbox-world.ts";

const open = "9.9.9.77";
const shut = "9.9.9.78";
const secret = "ghp_this-is-the-owners-own";

let world: SandboxWorld;
let upstream: Server;
let service: Server;
const seen: { url: string | undefined; authorization: string | undefined; body: string }[] = [];
const ip = (...args: string[]) => spawnSync("ip", args, { encoding: "utf8" });

beforeAll(async () => {
  for (const address of [open, shut]) ip("addr", "add", `${address}/32`, "dev", "lo");
  service = createServer((_, response) => response.end("reached\n"));
  await new Promise<void>((resolve) => service.listen(80, open, resolve));
  upstream = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => (body += chunk));
    request.on("end", () => {
      seen.push({ url: request.url, authorization: request.headers.authorization, body });
      response.end(`hello from ${request.headers.host}\n`);
    });
  });
  await new Promise<void>((resolve) => upstream.listen(0, "127.0.0.1", resolve));
  world = await createSandboxWorld();
  const { port } = upstream.address() as AddressInfo;
  const credentials = [{ host: "git.example.com", url: `http://127.0.0.1:${port}` }];
  await world.client.request("config.patch", { raw: JSON.stringify({ containers: { allow: [open], credentials } }) } as never);
});
afterAll(async () => {
  await world?.dispose();
  for (const server of [service, upstream]) server?.close();
  for (const address of [open, shut]) ip("addr", "del", `${address}/32`, "dev", "lo");
});

const curl = (...args: string[]) => `curl -sS -m 5 ${args.join(" ")} 2>&1`;

describe("a name that the owner allows", () => {
  it("is reached, by the proxy alone; its neighbour is not", async () => {
    const { text } = await world.bash(
      [curl(`http://${open}/`), curl(`http://${shut}/`), curl("--noproxy '*'", `http://${open}/`)].join("; "),
    );
    const lines = text.split("\n");
    expect(lines[0]).toBe("reached");
    expect(lines[1]).toMatch(/9\.9\.9\.78 is not on the list of what this container may reach/);
    expect(lines[2]).toMatch(/Couldn't connect|Failed to connect|Network is unreachable/);
  });
});

describe("a host whose credential the owner keeps", () => {
  it("says that it is not set while it is not", async () => {
    expect((await world.bash(curl("http://git.example.com/user"))).text).toContain("its credential is not set");
  });

  it("gets it on the way, with the request as it was, and the container never sees it", async () => {
    await world.client.request("containers.credential.set", { host: "git.example.com", secret });
    const { text } = await world.bash(
      `${curl("-d", "'a body'", "-H", "'authorization: Bearer stolen'", "http://git.example.com/user?x=1")}; env; cat /proc/*/environ 2>/dev/null | tr '\\0' '\\n'; grep -rs ghp_ /workspace /home /tmp /opt /etc`,
    );
    expect(text).toMatch(/^hello from /);
    expect(seen.at(-1)).toEqual({ url: "/user?x=1", authorization: `Bearer ${secret}`, body: "a body" });
    expect(text).not.toContain(secret);
    for (const { id } of world.containers()) expect(docker(["inspect", id]) + docker(["logs", id])).not.toContain(secret);
  });

  it("is what git asks for, though the address says https", async () => {
    await world.bash("git ls-remote https://git.example.com/owner/private.git");
    expect(seen.at(-1)).toMatchObject({
      url: "/owner/private.git/info/refs?service=git-upload-pack",
      authorization: `Bearer ${secret}`,
    });
  });

  it("is renewed at once, and its value is told nowhere", async () => {
    await world.client.request("containers.credential.set", { host: "git.example.com", secret: "the-next" });
    await world.bash(curl("http://git.example.com/again"));
    expect(seen.at(-1)?.authorization).toBe("Bearer the-next");
    const told = JSON.stringify([
      await world.client.request("containers.list", {}),
      await world.client.request("config.get", {}),
      await world.client.request("logs.tail", {}),
    ]);
    expect(told).not.toContain("the-next");
    expect(told).not.toContain(secret);
  });

  it("is none that the settings do not name", async () => {
    await expect(world.client.request("containers.credential.set", { host: "other.example.com", secret })).rejects.toMatchObject({
      code: "NOT_FOUND",
    });
  });
});
