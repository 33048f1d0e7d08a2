/** What a command may do at worst: each bomb is contained and named, and the assistant goes on as before. */

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createSandboxWorld, type SandboxWorld } from "../support/sandbox-world.ts";

let world: SandboxWorld;
beforeAll(async () => {
  world = await createSandboxWorld();
  await world.client.request("config.patch", {
    raw: JSON.stringify({ containers: { memoryMiB: 512, diskMiB: 160, processes: 100 } }),
  } as never);
  await world.bash("python3 -V");
});
afterAll(() => world?.dispose());

/** After each: the next command works, and the assistant answers. */
async function unharmed(): Promise<void> {
  expect((await world.bash("python3 -c 'print(6 * 7)'")).text).toMatch(/^42\n/);
  expect((await world.bash("echo well")).text).toBe("well");
}

describe("contained and named", () => {
  it("a fork bomb", async () => {
    const { text, isError } = await world.bash(
      "python3 -V; timeout 4 bash -c 'f() { f | f & }; f; wait' > /dev/null 2>&1; exit 1",
    );
    expect(isError).toBe(true);
    expect(text).toContain("exit code 1");
    await unharmed();
  });

  it("a memory bomb", async () => {
    const { text } = await world.bash('python3 -c "x = [bytearray(10_000_000) for _ in range(1000)]"');
    expect(text).toMatch(/ran out of memory|MemoryError|stopped|ended/);
    await unharmed();
  });

  it("a full disk", async () => {
    const { text } = await world.bash(
      "python3 -V; dd if=/dev/zero of=/tmp/fill bs=1M count=5000 2>&1 | tail -n 1; head -c 900000000 /dev/zero > big; rm -f /tmp/fill big",
    );
    expect(text).toMatch(/No space left on device/);
    await unharmed();
  });

  it("ten gigabytes of output", async () => {
    const { text } = await world.bash("python3 -V; head -c 10000000000 /dev/zero | tr '\\0' x");
    expect(text).toContain("it wrote more than 64 MB of output");
    await unharmed();
  });

  it("the network: private addresses, metadata, the machine, names", async () => {
    const probe = (address: string) => `curl -sS -m 3 ${address} 2>&1; curl -sS -m 3 --noproxy '*' ${address} 2>&1`;
    const addresses = [
      "http://169.254.169.254/latest/meta-data/",
      "http://10.0.0.1/",
      "http://172.17.0.1:2375/version",
      "http://192.168.1.1/",
      "http://127.0.0.1:39001/ca",
      "http://example.com/",
    ];
    const { text } = await world.bash(
      `python3 -V; ${addresses.map(probe).join("; ")}; curl -sS -m 3 -X PUT -d '{}' --noproxy '*' -o /dev/null -w '%{http_code}' http://127.0.0.1:39001/egress`,
    );
    expect(text.match(/is not on the list of what this container may reach/g)?.length).toBe(5);
    expect(
      text.match(/Couldn't connect|Could not resolve|Failed to connect|Network is unreachable/g)?.length,
    ).toBeGreaterThanOrEqual(5);
    expect(text).toContain("403");
    await unharmed();
  });

  it("the engine's own socket: it is nowhere, nor is the engine behind any address", async () => {
    const { text } = await world.bash(
      "python3 -V; find / -xdev -name 'docker*.sock' 2>/dev/null; grep -c docker.sock /proc/mounts; curl -sS -m 3 --unix-socket /var/run/docker.sock http://d/version 2>&1; for port in 2375 2376; do curl -sS -m 3 --noproxy '*' http://127.0.0.1:$port/version 2>&1; done",
    );
    expect(text).toMatch(/^Python [^\n]*\n0\n/);
    expect(text.match(/^curl: \(7\)/gm)?.length).toBe(3);
    expect(text).not.toContain("ApiVersion");
    await unharmed();
  });

  it("links and archives that lead out of the workspace", async () => {
    const { text } = await world.bash(
      "ln -s /etc/passwd secret.txt; ln -s / root; mkdir -p evil && python3 - <<'EOF'\nimport tarfile, io\nt = tarfile.open('evil.tar', 'w')\ni = tarfile.TarInfo('../../../etc/owned'); i.size = 2\nt.addfile(i, io.BytesIO(b'no'))\nt.close()\nEOF\ntar -xPf evil.tar 2>&1; echo kept > fine.txt; ls /etc/owned",
    );
    expect(text).toContain("not saved: secret.txt (is a link)");
    expect(text).toContain("not saved: root (is a link)");
    expect(text).toMatch(/Read-only file system|Permission denied|Cannot open/);
    expect(await world.file("fine.txt")).toBe("kept\n");
    expect(await world.file("secret.txt")).toBeUndefined();
    await world.bash("python3 -V; rm -rf secret.txt root evil evil.tar");
    await unharmed();
  });
});
