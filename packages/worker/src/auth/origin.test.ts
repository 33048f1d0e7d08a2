import { describe, expect, test } from "vitest";
import { requestFrom } from "../../../../tests/support/identity.ts";
import { checkHost, checkOrigin, readAllowedHosts } from "./origin.ts";

const from = (url: string, headers: Record<string, string> = {}) => requestFrom("127.0.0.1:5", url, { method: "POST", headers });
const refused = expect.objectContaining({ code: "ORIGIN_NOT_ALLOWED" });

describe("Host", () => {
  test.each([
    "http://localhost:8787/",
    "http://127.0.0.1:8787/",
    "http://[::1]:8787/",
    "http://192.168.1.5:8787/",
    "http://nas:8787/",
    "http://nas.local/",
    "http://molt.lan/",
    "http://molt.home.arpa/",
    "http://molt.localhost:1/",
    "http://molt.example.org/",
    "http://MOLT.example.org:8787/",
  ])("%s is answered", (url) => {
    expect(() => checkHost(from(url), ["molt.example.org"])).not.toThrow();
  });

  test.each([
    "http://evil.example/",
    "http://127.0.0.1.evil.example:8787/",
    "http://localhost.evil.example/",
    "http://molt.example.org.evil.example/",
    "http://local./x",
    "http://evil.example./",
  ])("%s could be a rebound name", (url) => {
    const isOneLabel = url.includes("//local./");
    if (isOneLabel) expect(() => checkHost(from(url), [])).not.toThrow();
    else expect(() => checkHost(from(url), ["molt.example.org"])).toThrow(refused);
  });

  test("on Cloudflare the owner's zone has routed it", () => {
    const request = new Request("https://molt.example.org/");
    Object.defineProperty(request, "cf", { value: { colo: "FRA" } });
    expect(() => checkHost(request, [])).not.toThrow();
  });
});

describe("Origin", () => {
  test.each([
    [{}],
    [{ origin: "http://localhost:8787", "sec-fetch-site": "same-origin" }],
    [{ "sec-fetch-site": "none" }],
    [{ origin: "https://molt.example.org" }],
  ])("%j passes", (headers: Record<string, string>) => {
    expect(() => checkOrigin(from("http://localhost:8787/api/x", headers), ["molt.example.org"])).not.toThrow();
  });

  test.each([
    [{ origin: "https://evil.example" }],
    [{ origin: "http://localhost:3000" }],
    [{ origin: "http://127.0.0.1:8787" }],
    [{ origin: "null" }],
    [{ origin: "" }],
    [{ origin: "file://" }],
    [{ origin: "http://localhost:8787.evil.example" }],
    [{ origin: "http://localhost:8787@evil.example" }],
    [{ "sec-fetch-site": "cross-site" }],
    [{ "sec-fetch-site": "same-site" }],
    [{ origin: "http://localhost:8787", "sec-fetch-site": "cross-site" }],
  ])("%j is refused", (headers: Record<string, string>) => {
    expect(() => checkOrigin(from("http://localhost:8787/api/x", headers), ["molt.example.org"])).toThrow(refused);
  });

  test.each([
    ["http://localhost:8787/x", "http://localhost:3000", ["localhost"]],
    ["http://127.0.0.1:8787/x", "http://127.0.0.1", ["127.0.0.1"]],
    ["http://molt.example.org:8787/x", "http://molt.example.org", ["molt.example.org"]],
    ["http://127.0.0.1:8787/x", "https://molt.example.org:444", ["molt.example.org"]],
  ])("%s: naming a host does not admit its other ports, %s", (url, origin, allowed) => {
    expect(() => checkOrigin(from(url, { origin }), allowed)).toThrow(refused);
  });

  test("an http page may not call an https server of the same name", () => {
    expect(() => checkOrigin(from("https://nas.local/api/x", { origin: "http://nas.local" }), [])).toThrow(refused);
  });
});

test("host names are read in any case and spacing", () => {
  expect(readAllowedHosts(" Molt.example.org,other.example:8787  x ")).toEqual(["molt.example.org", "other.example:8787", "x"]);
  expect([readAllowedHosts(undefined), readAllowedHosts(null), readAllowedHosts("")]).toEqual([[], [], []]);
});
