/** `moltworker credentials`, against the product: a value that is piped in, never an argument, never told again. */

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCommand, type Server, startServer } from "../support/server.ts";

const secret = "ghp_the-owners-own-value";
let server: Server;
beforeAll(async () => {
  server = await startServer({ env: { OPENAI_API_KEY: "sk-test" } });
});
afterAll(() => server?.dispose());

/** The verb, with something on its standard input. */
async function credentials(args: string[], input = ""): Promise<{ code: number | null; out: string }> {
  const { code, stdout, stderr } = await runCommand(["credentials", ...args, "--data", server.dataDir], {}, undefined, input);
  return { code, out: stdout + stderr };
}

describe("a credential", () => {
  it("is there for nobody at first", async () => {
    expect(await credentials([])).toEqual({ code: 0, out: "no host has a credential\n" });
  });

  it("is set from standard input, listed without its value, and changed", async () => {
    expect(await credentials(["set", "api.github.com"], `${secret}\n`)).toMatchObject({ code: 0 });
    expect((await credentials(["list"])).out).toBe("api.github.com  authorization: Bearer  set\n");
    await credentials(["set", "api.github.com", "--scheme", "none", "--header", "x-api-key"], secret);
    const listed = await credentials(["list", "--json"]);
    expect(JSON.parse(listed.out)).toMatchObject({
      credentials: [{ host: "api.github.com", header: "x-api-key", scheme: "none", isSet: true }],
    });
    expect(listed.out).not.toContain(secret);
  });

  it.each([
    [["set", "api.github.com"], "", /nothing was given/],
    [["set"], secret, /the host is missing/],
    [["set", "not a host"], secret, /one name such as api\.github\.com/],
    [["set", "api.github.com", "--scheme", "Digest"], secret, /scheme/],
    [["set", "api.github.com", "--header", "Bad Header"], secret, /header/],
    [["remove", "api.example.com"], "", /name no credential for "api\.example\.com"/],
    [["forget"], "", /list, set or remove/],
  ])("is not changed by %j", async (args, input, words) => {
    const before = (await credentials(["list"])).out;
    const { code, out } = await credentials(args as string[], input as string);
    expect([code !== 0, out]).toEqual([true, expect.stringMatching(words)]);
    expect(out).not.toContain(secret);
    expect((await credentials(["list"])).out).toBe(before);
  });

  it("is gone when it is removed", async () => {
    expect(await credentials(["remove", "api.github.com"])).toMatchObject({ code: 0 });
    expect((await credentials([])).out).toBe("no host has a credential\n");
  });
});
