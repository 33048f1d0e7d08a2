/** Attacks on the sign-in of the running server: guessing, timing, cross-site requests. */

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { gatewayTokenOf } from "../support/client.ts";
import { createRandom } from "../support/random.ts";
import { connectFrame, openRaw } from "../support/raw-socket.ts";
import { type Server, startServer } from "../support/server.ts";

let server: Server;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server?.dispose());

const origin = () => server.url.slice(0, -1);

async function guessBy(kind: string, guess: string): Promise<"in" | "out"> {
  if (kind === "socket") {
    const socket = await openRaw(server.url);
    socket.send(connectFrame(guess));
    const frame = await socket.frame((candidate) => candidate.type === "res");
    socket.close();
    return frame.ok ? "in" : "out";
  }
  const headers: Record<string, string> = { "content-type": "application/json", origin: origin() };
  if (kind === "bearer")
    return (await fetch(new URL("/api/host/status", server.url), { headers: { authorization: `Bearer ${guess}` } })).ok
      ? "in"
      : "out";
  if (kind === "cookie") {
    const answer = await fetch(new URL("/api/auth/me", server.url), { headers: { cookie: `molt_session=${guess}` } });
    return ((await answer.json()) as { signedIn: boolean }).signedIn ? "in" : "out";
  }
  const body = kind === "link" ? { code: guess } : { token: guess };
  return (await fetch(new URL(`/api/auth/${kind}`, server.url), { method: "POST", headers, body: JSON.stringify(body) })).ok
    ? "in"
    : "out";
}

describe("guessing", () => {
  test("ten thousand guesses over every kind of credential: none gets in, the owner still does, the server stands", async () => {
    const random = createRandom(10_000);
    const kinds = ["token", "link", "bearer", "cookie", "socket"];
    const real = gatewayTokenOf(server.dataDir);
    const guesses = Array.from({ length: 10_000 }, (_, index) => ({
      kind: kinds[index % (index % 50 === 4 ? 5 : 4)] as string,
      guess: random.chance(0.5)
        ? real.slice(0, random.below(real.length))
        : random
            .next()
            .toString(36)
            .repeat(1 + random.below(4)),
    }));
    let next = 0;
    const worker = async () => {
      for (let at = next++; at < guesses.length; at = next++) {
        const { kind, guess } = guesses[at] as (typeof guesses)[number];
        expect(await guessBy(kind, guess), `${kind} ${at}`).toBe("out");
      }
    };
    await Promise.all(Array.from({ length: 8 }, worker));
    // A link made on the machine itself is no guess, and still opens.
    const made = await server.run("link");
    const link = String(made.events.find((event) => event.link !== undefined)?.link ?? made.stdout.trim());
    const code = link.split("#")[1] ?? "";
    expect(await guessBy("link", code)).toBe("in");
    expect(server.events.filter((event) => event.type === "restarting")).toEqual([]);
  }, 300_000);
});

describe("cross-site", () => {
  const foreign = "https://evil.example";
  const mutations = ["/api/auth/link", "/api/auth/token", "/api/auth/signout", "/api/host/link", "/api/host/drain", "/api/blobs"];

  test.each(mutations)("a foreign page cannot post to %s", async (path) => {
    for (const headers of [{ origin: foreign }, { origin: "null" }, { origin: origin(), "sec-fetch-site": "cross-site" }]) {
      const answer = await fetch(new URL(path, server.url), {
        method: "POST",
        headers: { "content-type": "application/json", ...headers } as Record<string, string>,
        body: "{}",
      });
      expect(answer.status, JSON.stringify(headers)).toBe(403);
    }
  });

  test("a form cannot be mistaken for JSON", async () => {
    const answer = await fetch(new URL("/api/auth/token", server.url), {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded", origin: origin() },
      body: `token=${gatewayTokenOf(server.dataDir)}`,
    });
    expect(answer.ok).toBe(false);
    expect(answer.headers.get("set-cookie")).toBeNull();
  });

  test("a foreign page's socket is closed before it may say anything, with the right token too", async () => {
    const socket = await openRaw(server.url, { headers: { origin: foreign } });
    expect((await socket.closed).code).toBe(1008);
  });
});
