import { MoltError } from "@moltworker/protocol/errors";
import { afterEach, describe, expect, it, vi } from "vitest";
import { codeOf, createTestNetwork as network, redirect, type Sent } from "../../../../tests/support/network.ts";
import type { EgressPolicy } from "./egress.ts";

const follow: EgressPolicy = { maxRedirects: 5 };

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
  const secret = {
    authorization: "Bearer s",
    cookie: "a=b",
    "x-api-key": "k",
    "x-goog-api-key": "k",
    "api-key": "k",
    "x-custom-auth": "k",
    accept: "text/html",
  };

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
    [301, "POST", "GET"],
    [302, "POST", "GET"],
    [303, "POST", "GET"],
    [303, "PUT", "GET"],
    [303, "HEAD", "HEAD"],
    [301, "PUT", "PUT"],
    [302, "HEAD", "HEAD"],
    [307, "POST", "POST"],
    [308, "PUT", "PUT"],
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
    await vi.waitFor(() => expect(cancelled).toBe(true), { timeout: 30_000 });
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
      "https://example.com/?key=canary-secret": () =>
        Promise.reject(new Error("no route to https://example.com/?key=canary-secret; reference = x")),
    });
    expect(await codeOf(egress.fetch("https://example.com/?key=canary-secret", {}, {}))).toBe("EGRESS_FAILED");
    expect(lines.join("")).toContain("example.com");
    expect(lines.join("")).not.toContain("canary-secret");
  });
});
