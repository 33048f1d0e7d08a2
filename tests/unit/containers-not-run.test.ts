/** Where no engine can be had, the tests of containers are not run, and the last lines of `npm test` say so. */

import { describe, expect, it } from "vitest";
import { prepareContainers } from "../../scripts/containers.mjs";
import { lastLines } from "../../scripts/test-words.mjs";

describe("without a Docker Engine", () => {
  it("the reason is a sentence, and nothing is built", async () => {
    const environment = { ...process.env, DOCKER_HOST: "unix:///nowhere/docker.sock" };
    expect(await prepareContainers({ root: "/nowhere", node: "/nowhere", environment })).toEqual({
      ready: false,
      why: "no Docker Engine answers at /nowhere/docker.sock, which DOCKER_HOST names",
    });
  });

  it("what was not run stands before the last line, which counts what was", () => {
    const lines = lastLines({ passed: 12, failed: 0, notRun: ["the tests of containers: no Docker Engine"] });
    expect(lines.at(-1)).toBe("12 passed, 0 failed");
    expect(lines.join("\n")).toContain("!!! NOT RUN: the tests of containers: no Docker Engine");
  });
});
