import { createServer } from "node:net";
import { describe, expect, it } from "vitest";
import { judgeSpace } from "./checks/disk.ts";
import { exchange, upgrade } from "./exchange.ts";

const mebibyte = 1_048_576;

describe("disk space", () => {
  it.each([
    [63 * mebibyte, "fail"],
    [64 * mebibyte, "warn"],
    [511 * mebibyte, "warn"],
    [512 * mebibyte, "ok"],
  ])("%i bytes: %s", (bytes, verdict) => expect(judgeSpace(bytes, "/d").verdict).toBe(verdict));
});

/** A server that sends these bytes to whoever comes, in pieces of the given size, and closes. */
async function sending(bytes: Buffer, piece: number, use: (url: URL) => Promise<void>): Promise<void> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => {
      for (let at = 0; at < bytes.length; at += piece) socket.write(bytes.subarray(at, at + piece));
      socket.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  try {
    await use(new URL(`http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}`));
  } finally {
    server.close();
  }
}

const switching = Buffer.from("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
const frameOf = (text: string) =>
  Buffer.concat([
    text.length < 126 ? Buffer.from([0x81, text.length]) : Buffer.from([0x81, 126, text.length >> 8, text.length & 255]),
    Buffer.from(text),
  ]);

describe("the first frame", () => {
  it.each([
    ["short", '{"a":1}', 1_000],
    ["longer than 125 bytes", JSON.stringify({ a: "x".repeat(300) }), 1_000],
    ["byte by byte", JSON.stringify({ a: "x".repeat(200) }), 1],
  ])("%s", async (_, text, piece) =>
    sending(Buffer.concat([switching, frameOf(text)]), piece, async (url) => {
      expect(await upgrade(url, {})).toEqual({ frame: JSON.parse(text) });
    }),
  );

  it.each([
    ["nothing", Buffer.alloc(0)],
    ["a frame that is cut", frameOf('{"a":1}').subarray(0, 5)],
    ["no JSON", frameOf("hello")],
  ])("%s is no frame", async (_, rest) =>
    sending(Buffer.concat([switching, rest]), 1_000, async (url) => {
      expect(await upgrade(url, {})).toEqual({ frame: undefined });
    }),
  );
});

describe("an exchange", () => {
  it("follows no redirect", async () =>
    sending(
      Buffer.from("HTTP/1.1 302 Found\r\nLocation: http://elsewhere.invalid/\r\nContent-Length: 0\r\n\r\n"),
      1_000,
      async (url) => {
        expect(await exchange(url)).toMatchObject({
          answer: { status: 302, headers: { location: "http://elsewhere.invalid/" } },
        });
      },
    ));

  it.each([
    ["garbage", "garbage\r\n\r\n"],
    ["nothing", "\r\n"],
  ])("survives %s", async (_, text) =>
    sending(Buffer.from(text), 1_000, async (url) => {
      expect(await exchange(url)).toMatchObject({ broken: { kind: "connection" } });
    }),
  );

  it("takes a body that is cut for what came of it", async () =>
    sending(Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"a":'), 1_000, async (url) => {
      expect(await exchange(url)).toMatchObject({ answer: { status: 200, body: '{"a":', json: undefined } });
    }));
});
