/** Who is who: role × policy × place, against a table written by hand. */

import { beforeEach, describe, expect, it } from "vitest";
import { createTestDatabase } from "../../../../tests/support/database.ts";
import { createTestClock, type TestClock } from "../../../../tests/support/identity.ts";
import { migrations } from "../catalog/migrations.ts";
import { type ChannelAccountSettings, defaultAccount } from "../config/sections/channels.ts";
import type { Database } from "../storage/database.ts";
import { migrate } from "../storage/migrations.ts";
import type { Place, Sender } from "./channel.ts";
import { createChannelPairings } from "./pairings.ts";
import { createSenders } from "./senders.ts";

const person = (id: string): Sender => ({ id, name: `Person ${id}`, isBot: false });
const privately: Place = { chatId: "9", chatKind: "direct" };
const group = (chatId: string): Place => ({ chatId, chatKind: "group" });
const settings = (change: Partial<ChannelAccountSettings>): ChannelAccountSettings => ({
  ...defaultAccount,
  owners: ["owner"],
  allowFrom: ["listed"],
  groups: {
    open: { enabled: true, audience: "everyone" },
    closed: { enabled: false, audience: "everyone" },
    mine: { enabled: true, audience: "owner" },
    few: { enabled: true, audience: "everyone", allowFrom: ["listed"] },
  },
  ...change,
});

let db: Database;
let clock: TestClock;
beforeEach(() => {
  db = createTestDatabase();
  clock = createTestClock();
  migrate(db, migrations, clock);
});

const verdict = (who: string, place: Place, change: Partial<ChannelAccountSettings> = {}) => {
  const standing = createSenders(db, clock).standing(
    { channel: "t", account: "default", settings: settings(change) },
    person(who),
    place,
  );
  return standing.verdict === "known" ? standing.role : standing.verdict;
};

describe("standing", () => {
  it.each([
    ["owner", privately, {}, "owner"],
    ["listed", privately, {}, "guest"],
    ["stranger", privately, {}, "pair"],
    ["stranger", privately, { dmPolicy: "allowlist" }, "refused"],
    ["listed", privately, { dmPolicy: "allowlist" }, "guest"],
    ["stranger", privately, { dmPolicy: "open" }, "guest"],
    ["owner", privately, { dmPolicy: "disabled" }, "refused"],
    ["stranger", group("open"), {}, "guest"],
    ["owner", group("open"), {}, "owner"],
    ["owner", group("unlisted"), {}, "refused"],
    ["stranger", group("unlisted"), { groupPolicy: "open" }, "guest"],
    ["owner", group("open"), { groupPolicy: "disabled" }, "refused"],
    ["owner", group("closed"), { groupPolicy: "open" }, "refused"],
    ["owner", group("mine"), {}, "owner"],
    ["listed", group("mine"), {}, "refused"],
    ["stranger", group("few"), {}, "refused"],
    ["listed", group("few"), {}, "guest"],
    ["owner", group("few"), {}, "owner"],
  ] as const)("%s in %j with %j: %s", (who, place, change, expected) => expect(verdict(who, place, change)).toBe(expected));

  it("does not answer other bots, and refuses whom a person blocked, whatever the settings say", () => {
    const senders = createSenders(db, clock);
    const where = { channel: "t", account: "default", settings: settings({ dmPolicy: "open" }) };
    expect(senders.standing(where, { ...person("x"), isBot: true }, privately).verdict).toBe("ignored");
    senders.setRole("t", "default", { id: "owner" }, { role: "blocked", source: "person", by: "me" });
    expect(senders.standing(where, person("owner"), privately).verdict).toBe("refused");
    expect(senders.standing(where, person("owner"), group("open")).verdict).toBe("refused");
  });

  it("goes by the id and not by the name, and by the account", () => {
    const senders = createSenders(db, clock);
    senders.seen("t", "default", { ...person("owner"), name: "Ada", username: "ada" }, privately);
    expect(verdict("impostor", privately)).toBe("pair");
    senders.setRole("t", "default", { id: "friend" }, { role: "guest", source: "pairing", by: "me" });
    expect(verdict("friend", privately)).toBe("guest");
    const other = { channel: "t", account: "work", settings: settings({}) };
    expect(senders.standing(other, person("friend"), privately).verdict).toBe("pair");
  });

  it("writes unasked to the owner's private chat alone", () => {
    const senders = createSenders(db, clock);
    senders.seen("t", "default", person("owner"), { chatId: "o", chatKind: "direct" });
    senders.seen("t", "default", person("listed"), { chatId: "l", chatKind: "direct" });
    senders.seen("t", "default", person("owner"), group("open"));
    expect(senders.ownerChats("t", "default", settings({}))).toEqual(["o"]);
  });
});

describe("requests to be let in", () => {
  const ask = (id: string) =>
    createChannelPairings(db, clock).ask("t", "default", person(id), { chatId: id, chatKind: "direct" });

  it("are made once a person, three at a time, for an hour", () => {
    const first = ask("a");
    expect(first?.request.code).toMatch(/^[A-HJ-NP-Z2-9]{8}$/);
    expect(ask("a")).toEqual({ request: first?.request, fresh: false });
    ask("b");
    ask("c");
    expect(ask("d")).toBeUndefined();
    clock.advance(3_600_001);
    expect(ask("d")?.fresh).toBe(true);
    expect(createChannelPairings(db, clock).list()).toHaveLength(1);
  });

  it("are decided once, by code in any writing or by id", () => {
    const pairings = createChannelPairings(db, clock);
    const code = ask("a")?.request.code ?? "";
    expect(pairings.decide(` ${code.slice(0, 4).toLowerCase()}-${code.slice(4)} `, "approved").senderId).toBe("a");
    expect(() => pairings.decide(code, "approved")).toThrow(expect.objectContaining({ code: "NOT_FOUND" }));
    expect(pairings.decide(ask("b")?.request.id ?? "", "dismissed").senderId).toBe("b");
  });

  it("end after five wrong codes", () => {
    const pairings = createChannelPairings(db, clock);
    const code = ask("a")?.request.code ?? "";
    for (let guess = 0; guess < 5; guess += 1) expect(() => pairings.decide("AAAABBBB", "approved")).toThrow();
    expect(() => pairings.decide(code, "approved")).toThrow(expect.objectContaining({ code: "NOT_FOUND" }));
  });
});
