import { describe, expect, test } from "vitest";
import { createTestDatabase } from "../../../../tests/support/database.ts";
import type { LogEntry } from "../agent/log-entry.ts";
import { systemClock } from "../platform/clock.ts";
import { migrate } from "../storage/migrations.ts";
import { sessionsMigration } from "./schema.ts";
import { createSessionStore } from "./session-store.ts";
import { chatMessageFrom, createTranscript, textOf } from "./transcript.ts";

const key = "agent:main:t";
const user = (text: string): LogEntry => ({ role: "user", content: [{ type: "text", text }] });

function world() {
  const db = createTestDatabase();
  migrate(db, [sessionsMigration], systemClock);
  const sessions = createSessionStore(db, systemClock);
  sessions.ensure(key);
  return { db, sessions, transcript: createTranscript(db, systemClock) };
}

describe("the transcript", () => {
  test("pages count back from the newest and read oldest first", () => {
    const { transcript } = world();
    for (let index = 1; index <= 10; index += 1) transcript.append(key, user(`m${index}`), {});
    const newest = transcript.page(key, 3, 0);
    expect(newest.total).toBe(10);
    expect(newest.messages.map(({ entry }) => textOf(entry))).toEqual(["m8", "m9", "m10"]);
    expect(transcript.page(key, 4, 3).messages.map(({ entry }) => textOf(entry))).toEqual(["m4", "m5", "m6", "m7"]);
    expect(transcript.page(key, 5, 9).messages.map(({ entry }) => textOf(entry))).toEqual(["m1"]);
  });

  test("the model reads the newest compaction, what it keeps, and all after it; people read everything", () => {
    const { transcript } = world();
    for (const name of ["a", "b", "c", "d"]) transcript.append(key, user(name), {});
    transcript.append(key, { role: "compaction", content: [{ type: "text", text: "S1" }], kept: 1 }, {});
    transcript.append(key, user("e"), {});
    transcript.append(key, user("f"), {});
    transcript.append(key, { role: "compaction", content: [{ type: "text", text: "S2" }], kept: 2 }, {});
    transcript.append(key, user("g"), {});
    expect(transcript.context(key).map(({ entry }) => textOf(entry))).toEqual(["e", "f", "S2", "g"]);
    expect(transcript.page(key, 100, 0).total).toBe(9);
  });

  test("a rewind hides the rest of the branch and keeps its rows", () => {
    const { transcript, db } = world();
    const [first, second] = ["a", "b", "c"].map((name) => transcript.append(key, user(name), {}));
    expect(transcript.rewind(key, second?.id ?? "")).toBe(2);
    expect(transcript.page(key, 10, 0).messages.map(({ id }) => id)).toEqual([first?.id]);
    expect(transcript.rewind(key, second?.id ?? "")).toBe(0);
    expect(transcript.rewind("agent:main:other", first?.id ?? "")).toBe(0);
    expect(db.one("SELECT count(*) AS n FROM messages")).toEqual({ n: 3 });
  });

  test("a reset begins anew under the same session id; old rows stay in the log", () => {
    const { transcript, sessions, db } = world();
    const before = sessions.need(key).session_id;
    transcript.append(key, user("old"), {});
    expect(sessions.reset(key).session_id).toBe(before);
    transcript.append(key, user("new"), {});
    expect(transcript.page(key, 10, 0).messages.map(({ entry }) => textOf(entry))).toEqual(["new"]);
    expect(transcript.context(key).map(({ entry }) => textOf(entry))).toEqual(["new"]);
    expect(db.one("SELECT count(*) AS n FROM messages")).toEqual({ n: 2 });
  });

  test("what only the provider may see never reaches the wire", () => {
    const { transcript } = world();
    const stored = transcript.append(
      key,
      {
        role: "assistant",
        content: [
          { type: "thinking", thinking: "hm", providerData: { anthropic: { signature: "sig-1" } } },
          { type: "text", text: "hi" },
        ],
        provider: "anthropic",
        model: "m",
        stopReason: "stop",
      },
      {},
    );
    expect(JSON.stringify(chatMessageFrom(stored))).not.toContain("sig-1");
    expect(JSON.stringify(transcript.context(key))).toContain("sig-1");
  });
});

describe("sessions", () => {
  test("search finds label, title and key, with any characters in the query", () => {
    const { sessions } = world();
    sessions.ensure("agent:main:x");
    sessions.patch("agent:main:x", { label: "50%_off [plan]" });
    for (const search of ["50%_", "OFF [", "main:x"])
      expect(sessions.list({ search }).sessions.map((session) => session.key)).toEqual(["agent:main:x"]);
    expect(sessions.list({ search: "%" }).totalCount).toBe(1);
    expect(sessions.list({ search: "nothing like it" }).totalCount).toBe(0);
  });

  test("pinned come first, archived are apart, pages add up", () => {
    const { sessions } = world();
    for (const name of ["a", "b", "c"]) sessions.ensure(`agent:main:${name}`);
    sessions.patch("agent:main:a", { pinned: true });
    sessions.patch("agent:main:b", { archived: true });
    expect(sessions.list({}).sessions[0]?.key).toBe("agent:main:a");
    expect(sessions.list({}).totalCount).toBe(3);
    expect(sessions.list({ archived: true }).sessions.map((session) => session.key)).toEqual(["agent:main:b"]);
    expect(sessions.list({ limit: 2 }).sessions.length + sessions.list({ limit: 2, offset: 2 }).sessions.length).toBe(3);
  });

  test("bad thinking levels and the main session's deletion are refused with their reason", () => {
    const { sessions } = world();
    expect(() => sessions.patch(key, { thinkingLevel: "extreme" })).toThrowError(
      expect.objectContaining({ code: "INVALID_REQUEST" }),
    );
    expect(() => sessions.delete("agent:main:main")).toThrowError(expect.objectContaining({ code: "CONFLICT" }));
    expect(sessions.delete(key)).toBe(true);
    expect(sessions.delete(key)).toBe(false);
  });
});
