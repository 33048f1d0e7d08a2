/**
 * A stock OpenClaw, hosted, in a container on a real engine: its owner comes in by the session alone, its model calls go
 * through our gateway, no key is inside, and what cannot start says why. `hosted-stories.test.ts` tells the rest.
 */

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { copyBuild } from "../support/build-copy.ts";
import { createHostedWorld, type HostedWorld, turnOf } from "../support/hosted-world.ts";

let world: HostedWorld;
beforeAll(async () => {
  world = await createHostedWorld();
  await world.patch({ engine: "moltbot" });
  const info = await world.settled(240_000);
  if (info.state !== "ready") throw new Error(JSON.stringify(info.reason));
}, 300_000);
afterAll(() => world?.dispose());

it("that cannot start names the cause and the cure on its page within three seconds", async () => {
  const build = copyBuild();
  build.without("moltbot-2026.9.5");
  const other = await createHostedWorld({ command: build.command });
  try {
    await other.patch({ engine: "moltbot", moltbot: { version: "2026.9.5" } });
    expect(await other.settled()).toMatchObject({ state: "failed", reason: { code: "CONTAINER_IMAGE_MISSING" } });
    const began = Date.now();
    const page = await other.open("/openclaw/");
    expect(Date.now() - began).toBeLessThan(3_000);
    expect(page.text).toContain("OpenClaw could not start");
    expect(page.text).toContain("moltworker containers build moltbot --openclaw 2026.9.5");
    expect(page.text).toContain("Try again");
  } finally {
    await other.dispose();
    build.dispose();
  }
});

describe("its owner", () => {
  it("has its own page, and talks through our AI gateway, with nothing but the session", async () => {
    const page = await world.open("/openclaw/");
    expect([page.status, page.text.includes("data-openclaw-control-ui")]).toEqual([200, true]);
    const socket = await world.socket();
    expect(socket.hello).toMatchObject({
      ok: true,
      payload: { type: "hello-ok", auth: { scopes: expect.arrayContaining(["operator.admin"]) } },
    });
    expect(await turnOf(socket, "hello")).toContain("answer to");
    expect(world.provider.requests.length).toBeGreaterThan(0);
    socket.close();
  });

  it.each([
    ["nobody", {}, 401],
    ["a forged identity", { "x-moltworker-user": "owner", "x-moltworker-scopes": "operator.admin" }, 401],
    ["another site", { cookie: "own", origin: "https://evil.example" }, 403],
  ])("is not %s", async (_, headers, status) => {
    const own = (headers as Record<string, string>).cookie === "own" ? { cookie: world.cookie } : {};
    const answer = await fetch(new URL("/openclaw/api/x", world.server.url), {
      method: "POST",
      headers: { ...headers, ...own } as Record<string, string>,
    });
    expect(answer.status).toBe(status);
  });

  it("is sent to sign in where nobody is signed in", async () => {
    const answer = await world.open("/openclaw/", "");
    expect([answer.status, answer.location]).toEqual([302, "/"]);
  });
});

it("no key and no secret of ours is in its container, and it reaches nothing", () => {
  const found = world.inside(
    "env; cat /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n'; grep -rslE 'sk-test-of-the-provider' /home /tmp /opt/moltworker; curl -sS -m 3 http://169.254.169.254/ 2>&1; curl -sS -m 3 https://example.com 2>&1; id -u; grep CapEff /proc/self/status",
  );
  expect(found).not.toContain("sk-test-of-the-provider");
  expect(found).toContain("CapEff:\t0000000000000000");
  expect(found.match(/not on the list|Couldn't connect|Could not resolve|Failed to connect/g)?.length).toBeGreaterThanOrEqual(2);
});

// The last: it ends the socket that the tests before it speak through.
it("its owner rotates the token, and the process never hears of it", async () => {
  const before = world.inside("pgrep -f '[g]ateway run' | sort | head -1");
  const socket = await world.socket();
  await world.client.request("auth.gatewayToken.rotate", {});
  expect(await turnOf(socket, "after")).toContain("answer to");
  expect(world.inside("pgrep -f '[g]ateway run' | sort | head -1")).toBe(before);
  socket.close();
});
