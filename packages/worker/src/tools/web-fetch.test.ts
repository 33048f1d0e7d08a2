import { describe, expect, it } from "vitest";
import { createTestWorkspace, createToolContext } from "../../../../tests/support/tool-context.ts";
import { capToolText } from "../agent/tool-text.ts";
import { createEgress } from "../platform/egress.ts";
import { createLog } from "../platform/log.ts";
import { webFetch } from "./web-fetch.ts";

const quiet = createLog(() => {});

/** Calls the tool through the real egress function over a fake network; returns what was sent too. */
async function call(args: Record<string, unknown>, answer: (url: string) => Response = () => new Response("ok")) {
  const sent: { url: string; method: string; headers: Record<string, string>; body: unknown }[] = [];
  const network = async (url: unknown, init: RequestInit = {}) => {
    sent.push({
      url: String(url),
      method: init.method ?? "",
      headers: Object.fromEntries(new Headers(init.headers)),
      body: init.body,
    });
    return answer(String(url));
  };
  const egress = createEgress({ publicFetch: network as typeof fetch, log: quiet });
  return { outcome: await webFetch.execute(args, createToolContext(createTestWorkspace(), { egress })), sent };
}

const page =
  (body: string | Uint8Array<ArrayBuffer>, contentType: string, status = 200) =>
  () =>
    new Response(body, { status, headers: { "content-type": contentType } });
const url = "https://example.com/page";

describe("web_fetch", () => {
  it("reads a page as Markdown, marked as text from its host", async () => {
    const { outcome, sent } = await call(
      { url },
      page("<title>T</title><p>Hello <a href='/x'>there</a>", "text/html; charset=utf-8"),
    );
    expect(outcome).toEqual({
      text: "200\n\n# T\n\nHello [there](https://example.com/x)",
      untrustedFrom: "example.com",
      isError: false,
      meta: "200, 47 bytes",
    });
    expect(sent[0]).toMatchObject({ method: "GET", body: undefined });
    expect(Object.keys(sent[0]?.headers ?? {}).sort()).toEqual(["accept", "accept-language", "user-agent"]);
  });

  it.each([
    ["application/json", '{"a":1}', '{"a":1}'],
    ["text/plain; charset=iso-8859-1", Uint8Array.from([0xe9]), "é"],
    ["text/html", "<meta charset='windows-1252'><p>\x93hi\x94", "“hi”"],
    ["text/plain", Uint8Array.from([0xff, 0xfe, 0x68, 0, 0x69, 0]), "hi"],
    ["text/plain; charset=nonsense", "x", "x"],
    ["", "<!doctype html><p>x", "x"],
    ["", "plain", "plain"],
    ["image/png", Uint8Array.from([0x89, 0x50, 0x4e, 0x47]), "[image/png, 4 bytes: not text, not shown]"],
    ["application/pdf", Uint8Array.from([0x25, 0x50, 0x44, 0x46, 0x2d, 0]), "[application/pdf, 6 bytes: not text, not shown]"],
    ["text/plain", "", "(nothing)"],
  ])("%s %j", async (type, body, text) => {
    const bytes = typeof body === "string" ? Uint8Array.from(body, (character) => character.charCodeAt(0)) : body;
    const { outcome } = await call({ url }, () => new Response(bytes, { headers: type ? { "content-type": type } : {} }));
    expect(outcome.text).toBe(`200\n\n${text}`);
  });

  it("shows an error page as an error, still marked", async () => {
    const { outcome } = await call({ url }, page("<h1>Gone</h1>", "text/html", 404));
    expect(outcome).toMatchObject({ isError: true, untrustedFrom: "example.com", text: "404\n\n# Gone" });
  });

  it("follows redirects of a GET and marks where the text came from", async () => {
    const { outcome } = await call({ url }, (asked) =>
      asked === url
        ? new Response(null, { status: 302, headers: { location: "https://other.example/" } })
        : new Response("there"),
    );
    expect(outcome).toMatchObject({ text: "200, from https://other.example/\n\nthere", untrustedFrom: "other.example" });
  });

  it("goes through long pages without a gap, below the cap", async () => {
    const long = Array.from({ length: 12_000 }, (_, index) => `word${index}`).join(" ");
    let text = "";
    for (let offset = 0; offset < long.length; ) {
      const { outcome } = await call({ url, ...(offset ? { offset } : {}) }, page(long, "text/plain"));
      expect(capToolText(outcome.text)).toBe(outcome.text);
      text += outcome.text.replace(/^200\n\n/, "").replace(/\n\[\d+ more.*$/, "");
      offset = Number(/offset (\d+)\]$/.exec(outcome.text)?.[1] ?? long.length);
    }
    expect(text).toBe(long);
  });

  it("reads only the first part of an endless body", async () => {
    let produced = 0;
    const endless = () =>
      new Response(
        new ReadableStream({
          pull: (controller) => {
            produced += 100_000;
            controller.enqueue(new Uint8Array(100_000).fill(120));
          },
        }),
        { headers: { "content-type": "text/plain" } },
      );
    const { outcome } = await call({ url }, endless);
    expect(outcome.text).toContain("only the first 2.0 MB were read");
    expect(produced).toBeLessThan(3_000_000);
  });

  it("sends a body as given, follows no redirect with it, and is external", async () => {
    const args = { url, method: "POST", body: '{"a":1}' };
    expect(webFetch.effect(args)).toBe("external");
    const { outcome, sent } = await call(
      args,
      () => new Response("moved", { status: 307, headers: { location: "https://evil.example/" } }),
    );
    expect(sent).toEqual([
      expect.objectContaining({
        url,
        method: "POST",
        body: '{"a":1}',
        headers: expect.objectContaining({ "content-type": "application/json" }),
      }),
    ]);
    expect(outcome.text).toContain("redirects to https://evil.example/");
  });

  it("says what is unknown when the network breaks", async () => {
    const broken = () => {
      throw new Error("connection lost");
    };
    const post = await call({ url, method: "POST", body: "{}" }, broken);
    expect(post.outcome).toMatchObject({ isError: true, text: expect.stringContaining("may have arrived") });
    const get = await call({ url }, broken);
    expect(get.outcome.text).not.toContain("may have arrived");
    const half = () =>
      new Response(
        new ReadableStream({
          start: (controller) => controller.enqueue(new TextEncoder().encode("first half")),
          pull: (controller) => controller.error(new Error("connection lost")),
        }),
      );
    expect((await call({ url }, half)).outcome).toMatchObject({
      text: expect.stringMatching(/connection broke after 10 bytes\n\nfirst half$/),
      untrustedFrom: "example.com",
    });
  });

  it("is a read for GET only, and tells the gate where it goes", () => {
    expect(webFetch.effect({ url })).toBe("read");
    expect(webFetch.effect({ url, method: "GET" })).toBe("read");
    for (const method of ["POST", "PUT", "PATCH", "DELETE"]) expect(webFetch.effect({ url, method })).toBe("external");
    expect(webFetch.contacts?.({ url })).toBe(url);
  });

  it.each([
    [{ url: "http://169.254.169.254/latest" }, /not a public IPv4 address/],
    [{ url: "http://localhost:8787/" }, /local network/],
    [{ url: "example.com" }, /not a valid web address/],
    [{ url, body: "x" }, /GET carries no body/],
  ])("%j is an error and reaches no network", async (args, text) => {
    const { outcome, sent } = await call(args);
    expect(outcome.isError).toBe(true);
    expect(outcome.text).toMatch(text);
    expect(outcome.untrustedFrom).toBeUndefined();
    expect(sent).toEqual([]);
  });
});
