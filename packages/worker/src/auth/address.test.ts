import { describe, expect, test } from "vitest";
import { addressOf, isLoopback, isOnCloudflare } from "./address.ts";

function request(cf: object | undefined, headers: Record<string, string> = {}): Request {
  const made = new Request("http://localhost/", { headers });
  Object.defineProperty(made, "cf", { value: cf });
  return made;
}

const forged = {
  "cf-connecting-ip": "127.0.0.1",
  "x-forwarded-for": "127.0.0.1",
  "x-real-ip": "127.0.0.1",
  forwarded: "for=127.0.0.1",
  "true-client-ip": "127.0.0.1",
};

describe("addressOf", () => {
  test.each([
    ["192.0.2.7:51234", "192.0.2.7"],
    ["127.0.0.1:1", "127.0.0.1"],
    ["[::1]:4000", "::1"],
    ["[2001:db8:1:2:3:4:5:6]:4000", "2001:db8:1:2::/64"],
    ["[2001:db8:1:2::9]:4000", "2001:db8:1:2::/64"],
    ["[2001:0db8::1]:1", "2001:db8:0:0::/64"],
    ["[::ffff:192.0.2.7]:4000", "192.0.2.7"],
  ])("the runtime's %s is %s, whatever headers say", (clientIp, address) => {
    expect(addressOf(request({ clientIp }, forged))).toBe(address);
  });

  test("without a connection no header is believed", () => {
    expect(addressOf(request(undefined, forged))).toBe("unknown");
    expect(addressOf(request({}, forged))).toBe("unknown");
  });

  test("on Cloudflare the edge's header counts, and only that one", () => {
    const headers = { ...forged, "cf-connecting-ip": "192.0.2.9" };
    expect(addressOf(request({ colo: "FRA" }, headers))).toBe("192.0.2.9");
    expect(isOnCloudflare(request({ colo: "FRA" }))).toBe(true);
    expect(isOnCloudflare(request({ clientIp: "192.0.2.9:1" }, { "cf-ray": "1-FRA" }))).toBe(false);
  });
});

test.each([
  ["127.0.0.1", true],
  ["127.8.9.1", true],
  ["::1", true],
  ["127.evil.example", false],
  ["192.0.2.1", false],
  ["unknown", false],
])("isLoopback(%s) is %s", (address, loopback) => {
  expect(isLoopback(address)).toBe(loopback);
});
