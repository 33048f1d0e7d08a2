import { describe, expect, it } from "vitest";
import { codeOf, createTestNetwork as network, redirect } from "../../../../tests/support/network.ts";
import type { EgressPolicy } from "./egress.ts";
import { whyNotPublic } from "./public-address.ts";

const follow: EgressPolicy = { maxRedirects: 5 };

const privateHosts = [
  "127.0.0.1",
  "127.1",
  "127.0.1",
  "127.255.255.254",
  "0",
  "0.0.0.0",
  "0x7f.1",
  "0x7f000001",
  "2130706433",
  "017700000001",
  "0177.0.0.1",
  "0177.0.0.0x1",
  "00000177.1",
  "0x7f.0x0.0x0.0x1",
  "127.0.0.1.",
  "１２７.０.０.１",
  "①②⑦.⓪.⓪.①",
  "127。0。0。1",
  "%31%32%37.0.0.1",
  "127%2e0%2e0%2e1",
  "10.0.0.1",
  "10.255.255.255",
  "0xa.1",
  "012.1.1.1",
  "167772161",
  "172.16.0.1",
  "172.31.255.255",
  "192.168.0.1",
  "192.168.1",
  "0xc0a80001",
  "3232235521",
  "100.64.0.1",
  "100.127.255.254",
  "169.254.169.254",
  "0xa9fea9fe",
  "2852039166",
  "0251.0376.0251.0376",
  "169.254.43518",
  "169.16689662",
  "192.0.0.192",
  "192.0.2.1",
  "198.18.0.1",
  "198.51.100.7",
  "203.0.113.7",
  "224.0.0.1",
  "239.255.255.250",
  "240.0.0.1",
  "255.255.255.255",
  "[::1]",
  "[::]",
  "[0:0:0:0:0:0:0:1]",
  "[0000:0000:0000:0000:0000:0000:0000:0001]",
  "[::ffff:127.0.0.1]",
  "[::ffff:7f00:1]",
  "[::ffff:a9fe:a9fe]",
  "[::127.0.0.1]",
  "[::ffff:0:127.0.0.1]",
  "[::ffff:8.8.8.8]",
  "[64:ff9b::127.0.0.1]",
  "[64:ff9b::a00:1]",
  "[64:ff9b:1::1]",
  "[2002:7f00:1::]",
  "[2002:a9fe:a9fe::1]",
  "[2001:0:7f00:1::]",
  "[2001:db8::1]",
  "[3fff::1]",
  "[fc00::1]",
  "[fd00:ec2::254]",
  "[fe80::1]",
  "[fe80::a9fe:a9fe]",
  "[fec0::1]",
  "[ff02::1]",
  "[100::1]",
  "[5f00::1]",
  "localhost",
  "LOCALHOST",
  "localhost.",
  "foo.localhost",
  "foo.localhost.",
  "ⓛocalhost",
  "loc\u00adalhost",
  "localhost.localdomain",
  "ip6-localhost",
  "printer.local",
  "printer.local.",
  "metadata.google.internal",
  "metadata.google.internal.",
  "metadata",
  "instance-data",
  "kubernetes.default.svc.internal",
  "router.lan",
  "nas.home",
  "nas.home.arpa",
  "gitlab.corp",
  "wiki.intranet",
  "host.docker.internal",
  "x.onion",
  "router",
];

const invalid = [
  "http://[fe80::1%25eth0]/",
  "http://[fe80::1%eth0]/",
  "http://[::1",
  "http://127.0.0.1:99999/",
  "http://256.256.256.256/",
  "http://1.2.3.4.5/",
  "http://",
  "//",
  "",
  "http://a b/",
  "example.com",
];
const otherSchemes = [
  "file:///etc/passwd",
  "ftp://example.com/",
  "gopher://127.0.0.1:11211/_stats",
  "data:text/plain,hi",
  "javascript:alert(1)",
  "ws://example.com/",
  "blob:https://example.com/1",
  "about:blank",
];
const withUser = [
  "http://user@example.com/",
  "http://user:pass@example.com/",
  "https://example.com@127.0.0.1/",
  "https://:pass@example.com/",
];

describe("addresses that are not public", () => {
  const hostile = [
    ...privateHosts.flatMap((host) => [`http://${host}/`, `https://${host}:8443/x?y`]),
    ...otherSchemes,
    ...withUser,
    ...invalid,
  ];

  it("counts enough spellings", () => expect(privateHosts.length).toBeGreaterThan(90));

  it.each(hostile)("blocks %s", async (url) => {
    const { egress, sent, named } = network();
    expect(await codeOf(egress.fetch(url, {}, follow))).toBe("EGRESS_BLOCKED");
    expect([sent, named]).toEqual([[], []]);
  });

  // Relative spellings are fine in a Location; those that parse against a base are followed on the same origin.
  it.each(
    hostile
      .filter((url) => URL.canParse(url) || !URL.canParse(url, "https://example.com/"))
      .flatMap((url) => [301, 302, 303, 307, 308].map((status) => [status, url] as const)),
  )("blocks a %i redirect to %s", async (status, url) => {
    const start = "https://example.com/";
    const header = /^[\x20-\x7e]*$/.test(url) ? url : encodeURI(url);
    const { egress, sent } = network({ [start]: redirect(header, status), "https://hop.example.org/": redirect(header, status) });
    expect(await codeOf(egress.fetch(start, {}, follow))).toBe("EGRESS_BLOCKED");
    expect(sent.map((one) => one.url)).toEqual([start]);
  });

  it("blocks a private address behind several redirects", async () => {
    const { egress, sent } = network({
      "https://a.example.com/": redirect("https://b.example.com/"),
      "https://b.example.com/": redirect("//169.254.169.254/latest/meta-data"),
    });
    expect(await codeOf(egress.fetch("https://a.example.com/", {}, follow))).toBe("EGRESS_BLOCKED");
    expect(sent).toHaveLength(2);
  });
});

describe("public addresses", () => {
  it.each([
    "https://example.com/",
    "http://example.com:8080/a",
    "https://8.8.8.8/",
    "http://1.1.1.1./",
    "https://[2606:4700::1111]/",
    "https://[2001:4860:4860::8888]/",
    "https://bücher.example/",
    "https://notlocalhost.com/",
    "https://local.example/",
    "https://172.32.0.1/",
    "https://100.128.0.1/",
    "https://11.0.0.1/",
  ])("reaches %s", async (url) => {
    const { egress, sent } = network();
    expect(await (await egress.fetch(url, {}, follow)).text()).toBe("ok");
    expect(sent).toHaveLength(1);
    expect(whyNotPublic(new URL(url))).toBeUndefined();
  });

  it("asks the address that was checked, whatever Host header was given", async () => {
    const { egress, sent } = network();
    await egress.fetch("https://example.com/", { headers: { Host: "127.0.0.1", Accept: "text/html" } }, {});
    expect(sent[0]?.headers).toEqual({ accept: "text/html" });
    expect(sent[0]?.init.redirect).toBe("manual");
  });
});
