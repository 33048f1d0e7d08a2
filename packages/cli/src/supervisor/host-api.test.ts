import { type AddressInfo, createServer, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { baseUrl, callHost, createLink } from "./host-api.ts";

let close = () => {};
afterEach(() => close());

const sized = (body: string) => `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

/** A server that answers with these bytes, or with none at all. */
async function serving(answer: string | undefined, connection: "kept" | "closed" = "closed") {
  const sockets: Socket[] = [];
  const seen: string[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on("data", (bytes) => {
      seen.push(bytes.toString());
      if (answer === undefined) return;
      if (connection === "kept") socket.write(answer);
      else socket.end(answer);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  close = () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  return { address: { host: "127.0.0.1", port: (server.address() as AddressInfo).port, hostKey: "key" }, seen };
}

describe("callHost", () => {
  it("proves itself with the host key and reads the answer", async () => {
    const { address, seen } = await serving('HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n{"ok":true}');
    expect(await callHost(address, "GET", "/readyz")).toEqual({ status: 200, body: { ok: true } });
    expect(seen[0]).toContain("Authorization: Bearer key\r\n");
  });

  it.each(["HTTP/1.0 500 Oops\r\n\r\nInternal Server Error", "HTTP/1.1 503 Busy\r\n\r\n"])(
    "reads an answer without JSON: %j",
    async (answer) => {
      const { address } = await serving(answer);
      expect((await callHost(address, "GET", "/readyz")).body).toBeUndefined();
    },
  );

  it("does not wait for a connection that is kept", async () => {
    const { address } = await serving(sized("{}"), "kept");
    expect(await callHost(address, "POST", "/api/host/drain")).toEqual({ status: 200, body: {} });
  });

  it("says when the answer was cut", async () => {
    const { address } = await serving(sized("{}").slice(0, -1));
    const cut = { code: "NOT_RUNNING", message: "the assistant's answer to /readyz was cut" };
    await expect(callHost(address, "GET", "/readyz")).rejects.toMatchObject(cut);
  });

  it("says when the answer does not come", async () => {
    const { address } = await serving(undefined);
    await expect(callHost(address, "GET", "/readyz", 50)).rejects.toMatchObject({ code: "TIMEOUT" });
  });

  it("says when nobody listens", async () => {
    const { address } = await serving("");
    close();
    await expect(callHost(address, "GET", "/readyz")).rejects.toMatchObject({ code: "NOT_RUNNING" });
  });
});

describe("createLink", () => {
  it("puts the code into the fragment", async () => {
    const { address } = await serving('HTTP/1.0 200 OK\r\n\r\n{"code":"abc","expiresAt":5}');
    expect(await createLink(address)).toEqual({ link: `http://127.0.0.1:${address.port}/#abc`, expiresAt: 5 });
  });

  it("passes the assistant's own refusal on", async () => {
    const { address } = await serving(
      'HTTP/1.0 401 No\r\n\r\n{"error":{"message":"no","details":{"code":"AUTH_TOKEN_MISMATCH","hint":"h"}}}',
    );
    await expect(createLink(address)).rejects.toMatchObject({ code: "AUTH_TOKEN_MISMATCH", hint: "h" });
  });
});

it("writes an IPv6 address with brackets", () => {
  expect(baseUrl({ host: "::1", port: 80 })).toBe("http://[::1]:80/");
});
