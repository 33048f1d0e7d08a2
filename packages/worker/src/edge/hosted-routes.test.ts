import type { ContainerInfo } from "@moltworker/protocol/containers";
import { MoltError } from "@moltworker/protocol/errors";
import { beforeEach, describe, expect, it } from "vitest";
import type { Principal } from "../auth/principal.ts";
import type { Front } from "../containers/moltbot/front.ts";
import { systemClock } from "../platform/clock.ts";
import type { Log } from "../platform/log.ts";
import { createHostedEdge, type HostedEdge } from "./hosted-routes.ts";

const owner = { id: "owner", scopes: ["operator.admin", "gateway.use"] } as unknown as Principal;
const info = { id: "moltbot", title: "OpenClaw", state: "starting", stage: "gateway", reason: null } as unknown as ContainerInfo;

let passed: { path: string; headers: Headers }[];
let answer: Response;
let isReady: boolean;
let isSignedIn: boolean;
let woken: number;
let edge: HostedEdge;

beforeEach(() => {
  [passed, isReady, isSignedIn, woken] = [[], true, true, 0];
  answer = new Response("fine");
  const front = {
    generation: 3,
    async pass(path: string, request: Request) {
      passed.push({ path, headers: request.headers });
      return answer;
    },
  } as unknown as Front;
  edge = createHostedEdge({
    auth: () => ({
      async identify() {
        if (isSignedIn) return owner;
        throw new MoltError("AUTH_TOKEN_MISSING");
      },
      authorize: () => undefined,
      checkOrigin: () => undefined,
      stillValid: () => true,
    }),
    isWanted: () => true,
    hosted: { ready: () => (isReady ? front : undefined), wake: () => void (woken += 1), touched: () => {} },
    info: async () => info,
    clock: systemClock,
    log: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} } as unknown as Log,
  });
});

const ask = async (path = "/openclaw/x", headers: Record<string, string> = {}): Promise<Response> => {
  const found = await edge.answer(new Request(`http://our.own${path}`, { headers }));
  if (!found) throw new Error("not its address");
  return found;
};
const page = (policy?: string, type = "text/html; charset=utf-8") =>
  new Response("<p>", { headers: { "content-type": type, ...(policy ? { "content-security-policy": policy } : {}) } });

describe("a page of the hosted gateway", () => {
  it.each([
    ["an agent's page", page()],
    ["a picture with scripts", page(undefined, "image/svg+xml")],
    ["a page with a lax policy", page("script-src 'unsafe-inline' *")],
  ])("%s is shut into an origin of its own", async (_, made) => {
    answer = made;
    expect((await ask()).headers.get("content-security-policy")).toContain("sandbox allow-scripts allow-forms allow-popups");
  });

  it("that brings OpenClaw's own policy keeps it", async () => {
    answer = page("default-src 'self'; script-src 'self'");
    expect((await ask()).headers.get("content-security-policy")).toBe("default-src 'self'; script-src 'self'");
  });

  it("sets no cookie at our address, and its type is not guessed", async () => {
    answer = new Response("x", { headers: { "set-cookie": "session=stolen", "content-type": "text/plain" } });
    const { headers } = await ask();
    expect([headers.get("set-cookie"), headers.get("x-content-type-options")]).toEqual([null, "nosniff"]);
  });
});

describe("a request to it", () => {
  it("loses the owner's proofs and whatever it says of itself, and carries the scopes that were checked", async () => {
    await ask("/openclaw/api?q=1", {
      cookie: "moltworker=secret",
      authorization: "Bearer secret",
      "x-moltworker-user": "somebody",
      "x-forwarded-for": "1.2.3.4",
      "cf-access-jwt-assertion": "secret",
      "x-openclaw-scopes": "operator.admin",
      "content-type": "text/plain",
    });
    expect(passed[0]?.path).toBe("/openclaw/api?q=1");
    expect(Object.fromEntries(passed[0]?.headers ?? [])).toEqual({
      "content-type": "text/plain",
      "x-moltworker-scopes": "operator.admin",
    });
  });

  it("of nobody is sent to sign in, or refused", async () => {
    isSignedIn = false;
    const asked = await ask("/openclaw/", { "sec-fetch-mode": "navigate", accept: "text/html" });
    expect([asked.status, asked.headers.get("location")]).toEqual([302, "/"]);
    expect((await ask("/openclaw/api")).status).toBe(401);
    expect(passed).toEqual([]);
  });

  it("while it starts wakes it, and says how far it is", async () => {
    isReady = false;
    const asked = await ask("/openclaw/api");
    expect([asked.status, woken]).toEqual([503, 1]);
    expect(await asked.json()).toMatchObject({ error: { details: { code: "CONTAINER_STARTING", stage: "gateway" } } });
    const shown = await ask("/openclaw/", { "sec-fetch-mode": "navigate", accept: "text/html" });
    expect(await shown.text()).toContain("OpenClaw");
  });
});
