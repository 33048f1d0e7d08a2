/** What a container may reach, as its network decides it. */

import { describe, expect, it } from "vitest";
import { isAllowed, isPublic, readRules, resolveAllowed } from "../../../images/sidecar/server/rules.mjs";

const rules = { allow: ["github.com", "*.example.org"], credentials: ["api.example.com"], secret: "" };

describe("a name", () => {
  it.each([
    ["github.com", true],
    ["GitHub.com.", true],
    ["api.github.com", false],
    ["packages.example.org", true],
    ["example.org", false],
    ["evilexample.org", false],
    ["github.com.evil.example", false],
  ])("%s: %s", (host, allowed) => expect(isAllowed(rules, host)).toBe(allowed));

  it("rules that cannot be read allow nothing", () => {
    for (const text of [undefined, "", "{", "null"]) expect(isAllowed(readRules(text), "github.com")).toBe(false);
  });
});

describe("an address", () => {
  it.each([
    "127.0.0.1",
    "10.1.2.3",
    "172.17.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.100.100.200",
    "0.0.0.0",
    "::1",
    "fd00:ec2::254",
    "fe80::1",
    "::ffff:10.0.0.1",
    "64:ff9b::a9fe:a9fe",
    "not an address",
  ])("%s is not public", (address) => expect(isPublic(address)).toBe(false));

  it.each(["1.1.1.1", "140.82.121.4", "2606:4700:4700::1111"])("%s is", (address) => expect(isPublic(address)).toBe(true));

  it("is judged whatever the list says, and so is the port", async () => {
    const all = { ...rules, allow: ["*"] };
    await expect(resolveAllowed(all, "169.254.169.254", 80)).rejects.toThrow("is a private address");
    await expect(resolveAllowed(all, "[::1]", 443)).rejects.toThrow("is a private address");
    await expect(resolveAllowed(all, "localhost", 80)).rejects.toThrow("is a private address");
    await expect(resolveAllowed(all, "1.1.1.1", 22)).rejects.toThrow("port 22 may not be reached");
    expect(await resolveAllowed(all, "1.1.1.1", 443)).toBe("1.1.1.1");
  });

  it("of a host whose credential is kept is not given away by https: the words say how it is asked", async () => {
    await expect(resolveAllowed(rules, "api.example.com", 443)).rejects.toThrow("ask for http://api.example.com/ instead");
    await expect(resolveAllowed(rules, "example.com", 443)).rejects.toThrow("not on the list");
  });
});
