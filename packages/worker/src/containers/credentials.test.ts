import { beforeEach, describe, expect, it } from "vitest";
import { createTestDatabase } from "../../../../tests/support/database.ts";
import { createTestClock } from "../../../../tests/support/identity.ts";
import type { Egress, EgressPolicy } from "../platform/egress.ts";
import { createSecrets, secretsMigration } from "../secrets/secrets.ts";
import { migrate } from "../storage/migrations.ts";
import { type CredentialRule, type Credentials, createCredentials } from "./credentials.ts";

const bearer: CredentialRule = { host: "api.github.com", header: "authorization", scheme: "Bearer" };
const asked: { url: string; headers: Headers; policy: EgressPolicy }[] = [];
let answered: Response;
let rules: CredentialRule[];
let credentials: Credentials;

beforeEach(() => {
  const db = createTestDatabase();
  const clock = createTestClock();
  migrate(db, [secretsMigration], clock);
  asked.length = 0;
  answered = new Response("fine");
  rules = [bearer];
  const egress: Egress = {
    async fetch(url, init, policy) {
      asked.push({ url: String(url), headers: new Headers(init.headers), policy });
      return answered;
    },
  };
  const setRules = (changed: readonly CredentialRule[]) => {
    rules = [...changed];
  };
  credentials = createCredentials({ rules: () => rules, setRules, secrets: createSecrets(db, clock), egress });
});

const ask = (url = "http://api.github.com/user?x=1", headers: Record<string, string> = {}) =>
  credentials.answer(new Request(url, { headers }));

describe("a request of a container", () => {
  it("goes on by https with the owner's header, and without what the container put there", async () => {
    credentials.set("api.github.com", "ghp_secret");
    const answer = await ask(undefined, { authorization: "Bearer own", cookie: "a=b", accept: "text/plain" });
    expect([answer.status, await answer.text()]).toEqual([200, "fine"]);
    expect(asked[0]?.url).toBe("https://api.github.com/user?x=1");
    expect(Object.fromEntries(asked[0]?.headers ?? [])).toEqual({ authorization: "Bearer ghp_secret", accept: "text/plain" });
    expect(asked[0]?.policy.named).toBe(false);
  });

  it.each([
    [{ scheme: "Basic" }, "authorization", "Basic dXNlcjpwYXNz"],
    [{ scheme: "none", header: "x-api-key" }, "x-api-key", "user:pass"],
  ] as const)("carries it as %j", async (form, header, value) => {
    rules = [{ ...bearer, ...form }];
    credentials.set("api.github.com", "user:pass");
    await ask();
    expect(asked[0]?.headers.get(header)).toBe(value);
  });

  it("never takes it to another port or host, and says why it is refused", async () => {
    credentials.set("api.github.com", "ghp_secret");
    await ask("http://api.github.com:8080/");
    expect(asked[0]?.url).toBe("https://api.github.com/");
    const other = await ask("http://github.com/");
    expect([other.status, await other.text()]).toEqual([403, expect.stringContaining("no credential is kept for it")]);
    credentials.delete("api.github.com");
    const unset = await ask();
    expect([unset.status, await unset.text()]).toEqual([403, expect.stringContaining("its credential is not set")]);
    expect(asked).toHaveLength(1);
  });

  it.each([
    ["https://api.github.com/elsewhere", "http://api.github.com/elsewhere"],
    ["/elsewhere", "http://api.github.com/elsewhere"],
    ["https://objects.example/x", "https://objects.example/x"],
  ])("redirected to %s is told %s", async (location, told) => {
    credentials.set("api.github.com", "ghp_secret");
    answered = new Response(null, { status: 302, headers: { location } });
    const answer = await ask();
    expect([answer.status, answer.headers.get("location")]).toEqual([302, told]);
  });
});

it("its value is never listed", () => {
  credentials.set("api.github.com", "ghp_secret");
  expect(credentials.list()).toEqual([{ host: "api.github.com", header: "authorization", scheme: "Bearer", isSet: true }]);
});

describe("the owner", () => {
  it("adds a host with its value, changes how it is sent, and takes both away", async () => {
    credentials.add({ host: "api.example.com" }, "one");
    expect(credentials.list()).toContainEqual({
      host: "api.example.com",
      header: "authorization",
      scheme: "Bearer",
      isSet: true,
    });
    credentials.add({ host: "api.example.com", header: "x-api-key", scheme: "none" }, "two");
    expect(rules.map(({ host }) => host)).toEqual(["api.github.com", "api.example.com"]);
    await ask("http://api.example.com/");
    expect(asked[0]?.headers.get("x-api-key")).toBe("two");
    credentials.remove("api.example.com");
    expect([rules, credentials.list().length]).toEqual([[bearer], 1]);
    expect((await ask("http://api.example.com/")).status).toBe(403);
  });

  it("is told of a host that nothing is kept for", () => {
    expect(() => credentials.remove("api.example.com")).toThrow(expect.objectContaining({ code: "NOT_FOUND" }));
  });
});
