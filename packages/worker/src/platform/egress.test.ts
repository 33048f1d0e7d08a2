import { afterEach, describe, expect, it, vi } from "vitest";
import { MoltError } from "@moltworker/protocol/errors";
import { createEgress, type EgressPolicy } from "./egress.ts";
import { createLog } from "./log.ts";
import { whyNotPublic } from "./public-address.ts";

interface Sent {
  url: string;
  init: RequestInit;
  headers: Record<string, string>;
}

/** An egress over fake networks that record what reaches them. Answers are looked up by address; the default is 200 `ok`. */
function network(answers: Record<string, (sent: Sent) => Response | Promise<Response>> = {}) {
  const sent: Sent[] = [];
  const named: string[] = [];
  const reach = async (input: unknown, init: RequestInit = {}): Promise<Response> => {
    const record = { url: String(input), init, headers: Object.fromEntries(new Headers(init.headers)) };
    sent.push(record);
    return (await answers[record.url]?.(record)) ?? new Response("ok");
  };
  const lines: string[] = [];
  const egress = createEgress({
    publicFetch: reach as typeof fetch,
    namedFetch: (async (input: unknown, init?: RequestInit) => {
      named.push(String(input));
      return reach(input, init);
    }) as typeof fetch,
    log: createLog((line) => lines.push(line)),
  });
  return { egress, sent, named, lines };
}

const redirect = (location: string, status = 302) => () => new Response("moved", { status, headers: { location } });
const codeOf = (promise: Promise<unknown>) => promise.then(() => "ok", (error: MoltError) => error.code);
const follow: EgressPolicy = { maxRedirects: 5 };

const privateHosts = [
  "127.0.0.1", "127.1", "127.0.1", "127.255.255.254", "0", "0.0.0.0", "0x7f.1", "0x7f000001", "2130706433", "017700000001",
  "0177.0.0.1", "0177.0.0.0x1", "00000177.1", "0x7f.0x0.0x0.0x1", "127.0.0.1.", "１２７.０.０.１", "①②⑦.⓪.⓪.①", "127。0。0。1", "%31%32%37.0.0.1", "127%2e0%2e0%2e1",
  "10.0.0.1", "10.255.255.255", "0xa.1", "012.1.1.1", "167772161", "172.16.0.1", "172.31.255.255", "192.168.0.1", "192.168.1", "0xc0a80001", "3232235521", "100.64.0.1", "100.127.255.254",
  "169.254.169.254", "0xa9fea9fe", "2852039166", "0251.0376.0251.0376", "169.254.43518", "169.16689662", "192.0.0.192", "192.0.2.1", "198.18.0.1", "198.51.100.7", "203.0.113.7", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
  "[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[0000:0000:0000:0000:0000:0000:0000:0001]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::ffff:a9fe:a9fe]", "[::127.0.0.1]", "[::ffff:0:127.0.0.1]", "[::ffff:8.8.8.8]",
  "[64:ff9b::127.0.0.1]", "[64:ff9b::a00:1]", "[64:ff9b:1::1]", "[2002:7f00:1::]", "[2002:a9fe:a9fe::1]", "[2001:0:7f00:1::]", "[2001:db8::1]", "[3fff::1]", "[fc00::1]", "[fd00:ec2::254]", "[fe80::1]", "[fe80::a9fe:a9fe]", "[fec0::1]", "[ff02::1]", "[100::1]", "[5f00::1]",
  "localhost", "LOCALHOST", "localhost.", "foo.localhost", "foo.localhost.", "ⓛocalhost", "loc\u00adalhost", "localhost.localdomain", "ip6-localhost",
  "printer.local", "printer.local.", "metadata.google.internal", "metadata.google.internal.", "metadata", "instance-data", "kubernetes.default.svc.internal", "router.lan", "nas.home", "nas.home.arpa", "gitlab.corp", "wiki.intranet", "host.docker.internal", "x.onion", "router",
];

const invalid = ["http://[fe80::1%25eth0]/", "http://[fe80::1%eth0]/", "http://[::1", "http://127.0.0.1:99999/", "http://256.256.256.256/", "http://1.2.3.4.5/", "http://", "//", "", "http://a b/", "example.com"];
const otherSchemes = ["file:///etc/passwd", "ftp://example.com/", "gopher://127.0.0.1:11211/_stats", "data:text/plain,hi", "javascript:alert(1)", "ws://example.com/", "blob:https://example.com/1", "about:blank"];
const withUser = ["http://user@example.com/", "http://user:pass@example.com/", "https://example.com@127.0.0.1/", "https://:pass@example.com/"];

describe("addresses that are not public", () => {
  const hostile = [...privateHosts.flatMap((host) => [`http://${host}/`, `https://${host}:8443/x?y`]), ...otherSchemes, ...withUser, ...invalid];

  it("counts enough spellings", () => expect(privateHosts.length).toBeGreaterThan(90));

  it.each(hostile)("blocks %s", async (url) => {
    const { egress, sent, named } = network();
    expect(await codeOf(egress.fetch(url, {}, follow))).toBe("EGRESS_BLOCKED");
    expect([sent, named]).toEqual([[], []]);
  });

  // Relative spellings are fine in a Location; those that parse against a base are followed on the same origin.
  it.each(hostile.filter((url) => URL.canParse(url) || !URL.canParse(url, "https://example.com/")).flatMap((url) => [301, 302, 303, 307, 308].map((status) => [status, url] as const)))(
    "blocks a %i redirect to %s",
    async (status, url) => {
      const start = "https://example.com/";
      const header = /^[\x20-\x7e]*$/.test(url) ? url : encodeURI(url);
      const { egress, sent } = network({ [start]: redirect(header, status), "https://hop.example.org/": redirect(header, status) });
      expect(await codeOf(egress.fetch(start, {}, follow))).toBe("EGRESS_BLOCKED");
      expect(sent.map((one) => one.url)).toEqual([start]);
    },
  );

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
  it.each(["https://example.com/", "http://example.com:8080/a", "https://8.8.8.8/", "http://1.1.1.1./", "https://[2606:4700::1111]/", "https://[2001:4860:4860::8888]/", "https://bücher.example/", "https://notlocalhost.com/", "https://local.example/", "https://172.32.0.1/", "https://100.128.0.1/", "https://11.0.0.1/"])(
    "reaches %s",
    async (url) => {
      const { egress, sent } = network();
      expect(await (await egress.fetch(url, {}, follow)).text()).toBe("ok");
      expect(sent).toHaveLength(1);
      expect(whyNotPublic(new URL(url))).toBeUndefined();
    },
  );

  it("asks the address that was checked, whatever Host header was given", async () => {
    const { egress, sent } = network();
    await egress.fetch("https://example.com/", { headers: { Host: "127.0.0.1", Accept: "text/html" } }, {});
    expect(sent[0]?.headers).toEqual({ accept: "text/html" });
    expect(sent[0]?.init.redirect).toBe("manual");
  });
});

describe("named addresses", () => {
  const policy = { named: true, maxRedirects: 3 };

  it("reach a private address over the named network only", async () => {
    const { egress, named, sent } = network();
    await egress.fetch("http://127.0.0.1:11434/v1/models", {}, policy);
    await egress.fetch("https://example.com/", {}, {});
    expect(named).toEqual(["http://127.0.0.1:11434/v1/models"]);
    expect(sent).toHaveLength(2);
  });

  it("name one origin, not its neighbours", async () => {
    const { egress, named } = network({
      "http://127.0.0.1:11434/": redirect("http://127.0.0.1:11434/v1"),
      "http://127.0.0.1:11434/v1": redirect("http://127.0.0.1:22/"),
    });
    expect(await codeOf(egress.fetch("http://127.0.0.1:11434/", {}, policy))).toBe("EGRESS_BLOCKED");
    expect(named).toHaveLength(2);
  });
});

describe("redirects", () => {
  const secret = { authorization: "Bearer s", cookie: "a=b", "x-api-key": "k", "x-goog-api-key": "k", "api-key": "k", "x-custom-auth": "k", accept: "text/html" };

  it("are returned as they are by default", async () => {
    const { egress, sent } = network({ "https://example.com/": redirect("https://example.org/") });
    const response = await egress.fetch("https://example.com/", {}, {});
    expect([response.status, response.headers.get("location"), sent.length]).toEqual([302, "https://example.org/", 1]);
  });

  it.each(["https://example.org/", "http://example.com/", "https://example.com:444/", "https://www.example.com/"])(
    "drop every credential on the way to another origin (%s), and do not pick it up again",
    async (elsewhere) => {
      const { egress, sent } = network({
        "https://example.com/": redirect("/inside"),
        "https://example.com/inside": redirect(elsewhere),
        [elsewhere]: redirect("https://example.com/back"),
      });
      const response = await egress.fetch("https://example.com/", { headers: secret }, follow);
      expect(sent.map((one) => Object.keys(one.headers).length)).toEqual([7, 7, 1, 1]);
      expect(sent[3]?.headers).toEqual({ accept: "text/html" });
      expect(response.url).toBe("https://example.com/back");
    },
  );

  it.each([
    [301, "POST", "GET"], [302, "POST", "GET"], [303, "POST", "GET"], [303, "PUT", "GET"], [303, "HEAD", "HEAD"],
    [301, "PUT", "PUT"], [302, "HEAD", "HEAD"], [307, "POST", "POST"], [308, "PUT", "PUT"],
  ])("%i turns %s into %s", async (status, method, next) => {
    const { egress, sent } = network({ "https://example.com/": redirect("/next", status) });
    const body = method === "HEAD" ? undefined : "data";
    await egress.fetch("https://example.com/", { method, body, headers: { "content-type": "text/plain" } }, follow);
    expect(sent[1]?.init.method).toBe(next);
    expect(sent[1]?.init.body).toBe(next === "GET" ? undefined : body);
    expect(sent[1]?.headers["content-type"]).toBe(next === "GET" ? undefined : "text/plain");
  });

  it("never carry a body to another origin", async () => {
    const { egress, sent } = network({ "https://example.com/": redirect("https://example.org/", 307) });
    expect(await codeOf(egress.fetch("https://example.com/", { method: "POST", body: "data" }, follow))).toBe("EGRESS_BLOCKED");
    expect(sent).toHaveLength(1);
  });

  it("end: a loop is an error, not a hang", async () => {
    const { egress, sent } = network({ "https://example.com/": redirect("/") });
    expect(await codeOf(egress.fetch("https://example.com/", {}, follow))).toBe("EGRESS_FAILED");
    expect(sent).toHaveLength(6);
  });
});

describe("limits", () => {
  afterEach(() => vi.useRealTimers());

  it("cut the body while it streams", async () => {
    let produced = 0;
    let cancelled = false;
    const endless = () =>
      new Response(
        new ReadableStream({
          pull: (controller) => {
            produced += 1_000;
            controller.enqueue(new Uint8Array(1_000));
          },
          cancel: () => {
            cancelled = true;
          },
        }),
      );
    const { egress } = network({ "https://example.com/": endless });
    const response = await egress.fetch("https://example.com/", {}, { maxBytes: 10_000 });
    expect(await codeOf(response.arrayBuffer())).toBe("PAYLOAD_TOO_LARGE");
    await vi.waitFor(() => expect(cancelled).toBe(true));
    expect(produced).toBeLessThan(30_000);
  });

  it("let a body of exactly the limit through, and refuse a declared larger one unread", async () => {
    const { egress } = network({
      "https://example.com/": () => new Response("x".repeat(10)),
      "https://example.com/large": () => new Response("x", { headers: { "content-length": "11" } }),
    });
    expect(await (await egress.fetch("https://example.com/", {}, { maxBytes: 10 })).text()).toHaveLength(10);
    expect(await codeOf(egress.fetch("https://example.com/large", {}, { maxBytes: 10 }))).toBe("PAYLOAD_TOO_LARGE");
  });

  const silent = (sent: Sent) =>
    new Promise<Response>((_, reject) => sent.init.signal?.addEventListener("abort", () => reject(sent.init.signal?.reason)));

  it("bound the wait for headers, over all redirects", async () => {
    vi.useFakeTimers();
    const { egress } = network({ "https://example.com/": redirect("/next"), "https://example.com/next": silent });
    const waiting = codeOf(egress.fetch("https://example.com/", {}, { ...follow, firstByteTimeoutMs: 5_000 }));
    await vi.advanceTimersByTimeAsync(4_999);
    expect(vi.getTimerCount()).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(await waiting).toBe("TIMEOUT");
  });

  it("leave no timer once headers are there", async () => {
    vi.useFakeTimers();
    await network().egress.fetch("https://example.com/", {}, { firstByteTimeoutMs: 5_000 });
    expect(vi.getTimerCount()).toBe(0);
  });

  it("hear the caller's abort, with its own reason", async () => {
    const { egress } = network({ "https://example.com/": silent });
    const plain = new AbortController();
    const told = new AbortController();
    const both = [plain, told].map((one) => codeOf(egress.fetch("https://example.com/", { signal: one.signal }, {})));
    plain.abort();
    told.abort(new MoltError("SUSPENDED"));
    expect(await Promise.all(both)).toEqual(["ABORTED", "SUSPENDED"]);
  });
});

describe("failures", () => {
  it("become EGRESS_FAILED, and the log holds the host but not the address", async () => {
    const { egress, lines } = network({
      "https://example.com/?key=canary-secret": () => Promise.reject(new Error("no route to https://example.com/?key=canary-secret; reference = x")),
    });
    expect(await codeOf(egress.fetch("https://example.com/?key=canary-secret", {}, {}))).toBe("EGRESS_FAILED");
    expect(lines.join("")).toContain("example.com");
    expect(lines.join("")).not.toContain("canary-secret");
  });
});
