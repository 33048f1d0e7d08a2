/** Everything that is no plain text, in and out: what the model is given, what stands in the chat, where the limits are. */

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { schemaFaults } from "../fakes/telegram-schema.ts";
import { ownerId, settled, standing } from "../support/telegram.ts";
import { contents } from "../support/telegram-updates.ts";
import { startTelegramWorld, type TelegramWorld } from "../support/telegram-world.ts";

let world: TelegramWorld;
const bytesOf = (text: string) => new TextEncoder().encode(text);

beforeAll(async () => {
  // A model that sees pictures.
  const model = { ANTHROPIC_API_KEY: "test-key", MOLTWORKER_MODEL: "anthropic/claude-sonnet-5" };
  world = await startTelegramWorld({ ...model, ANTHROPIC_BASE_URL: "provider" });
  await world.account({ queueMode: "followup" });
  const { chats } = world.telegram;
  for (const name of ["voice", "audio", "video", "video-note", "animation", "sticker"])
    chats.addFile(`files/${name}`, bytesOf(name));
  chats.addFile("files/photo", new Uint8Array([0xff, 0xd8, 0xff, 0xe0, 1, 2, 3]));
  chats.addFile("files/document", bytesOf("the words of the document"));
}, 60_000);
afterAll(() => world?.close());

const bodyOf = (token: string) => JSON.stringify(world.asked(token)[0]?.body ?? {});
const fetched = (name: string) => world.telegram.calls.some((call) => call.method === "getFile" && call.params.file_id === name);

/** Sends one content in; resolves to what the provider was asked. */
async function given(kind: string, token: string): Promise<string> {
  world.say({ from: ownerId, extra: contents[kind]?.(`${token} [[say: took ${token}]]`) ?? {} });
  await standing(world.telegram, ownerId, (text) => text === `took ${token}`);
  return bodyOf(token);
}

describe("in", () => {
  test("a photo is seen by the model", async () => {
    const body = await given("photo", "in-photo");
    expect(body).toContain('"type":"image"');
    expect(body).toContain(Buffer.from([0xff, 0xd8, 0xff, 0xe0, 1, 2, 3]).toString("base64"));
  });

  test("a document of text is read", async () => {
    expect(await given("document", "in-document")).toContain("the words of the document");
  });

  test.each([
    ["voice", "voice", "audio/ogg"],
    ["audio", "song.mp3", "audio/mpeg"],
    ["video", "video", "video/mp4"],
    ["animation", "video", "video/mp4"],
  ])("%s is fetched, kept, and named to the model", async (kind, name, mimeType) => {
    const body = await given(kind, `in-${kind}`);
    expect(body).toContain(name);
    expect(body).toContain(mimeType);
    expect(fetched(kind)).toBe(true);
  });

  test.each([
    ["video_note", "video-note", "video/mp4"],
    ["sticker", "sticker", "Sticker 👍"],
    ["location", undefined, "Location: 52.5, 13.4"],
    ["venue", undefined, "Place: Cafe, 1 Road"],
    ["contact", undefined, "Contact: Carl, +491"],
    ["dice", undefined, "shows 4"],
  ])("%s, which has no caption, reaches the model in words", async (kind, file, words) => {
    const before = world.provider.requests.length;
    world.say({ from: ownerId, extra: contents[kind]?.("") ?? {} });
    await expect.poll(() => world.provider.requests.length, { timeout: 20_000 }).toBeGreaterThan(before);
    expect(JSON.stringify(world.provider.requests.at(-1)?.body)).toContain(words);
    if (file !== undefined) expect(fetched(file)).toBe(true);
  });

  test("an album of three kinds is one message with one answer, in the order in which it was sent", async () => {
    world.telegram.chats.addFile("files/second", new Uint8Array([0x89, 0x50, 0x4e, 0x47]));
    const part = (extra: Record<string, unknown>) => world.say({ from: ownerId, extra: { ...extra, media_group_id: "album-7" } });
    part({ ...contents.photo?.("in-album [[say: saw the album]]") });
    part({ ...contents.video?.(""), caption: undefined });
    part({ photo: [{ file_id: "second", file_unique_id: "u2", file_size: 4, width: 1, height: 1 }] });
    await standing(world.telegram, ownerId, (text) => text === "saw the album");
    expect(world.asked("in-album")).toHaveLength(1);
    const rows = (await world.client.request("channels.messages.list", { limit: 5 })).messages.slice(0, 3);
    expect(new Set(rows.map((row) => row.runId)).size).toBe(1);
    const sent = bodyOf("in-album");
    expect(sent.indexOf("/9j/4AECAw==")).toBeGreaterThan(0);
    expect(sent.indexOf("/9j/4AECAw==")).toBeLessThan(sent.indexOf("iVBORw=="));
  });

  test("what somebody else said is marked as theirs", async () => {
    const body = await given("forwarded", "in-forwarded");
    expect(body).toContain("Forwarded from Nina");
  });

  test("a file that is too large is named with its limit, whether Telegram says its size or only refuses it", async () => {
    const large = { file_id: "large", file_unique_id: "ul", file_name: "film.mp4", mime_type: "video/mp4" };
    world.say({
      from: ownerId,
      extra: { caption: "large-1", document: { ...large, file_size: 25_000_000 } },
    });
    await standing(world.telegram, ownerId, (text) => text.includes("larger than 20 MB"));
    expect(bodyOf("large-1")).toContain("film.mp4");
    expect(fetched("large")).toBe(false);
    world.telegram.chats.addFile("files/large", new Uint8Array(20_000_001));
    world.say({ from: ownerId, extra: { caption: "large-2", document: large } });
    await standing(world.telegram, ownerId, (text) => text.includes("could not be fetched"));
    expect(bodyOf("large-2")).toContain("film.mp4");
  });

  test("a file that is gone at Telegram is said, and the words beside it are answered", async () => {
    const gone = { file_id: "gone", file_unique_id: "ug", file_name: "gone.pdf", mime_type: "application/pdf", file_size: 5 };
    world.say({ from: ownerId, extra: { caption: "gone-1", document: gone } });
    await standing(world.telegram, ownerId, (text) => text.includes("gone.pdf"));
    expect(bodyOf("gone-1")).toContain("could not be fetched");
  });
});

describe("out", () => {
  test.each([
    ["picture.png", "sendPhoto", "photo"],
    ["note.ogg", "sendVoice", "voice"],
    ["song.mp3", "sendAudio", "audio"],
    ["clip.mp4", "sendVideo", "video"],
    ["report.pdf", "sendDocument", "document"],
    ["data.csv", "sendDocument", "document"],
  ])("%s goes out by %s, with its caption", async (name, method, field) => {
    await world.client.request("agents.files.set", { name, content: `bytes of ${name}` });
    world.say({ from: ownerId, text: `[[say: Here. ![About *${field}*](${name})]]` });
    const call = await world.telegram.waitFor(
      (one) => one.method === method && JSON.stringify(one.params).includes(name),
      30_000,
    );
    expect(call.params[field]).toMatchObject({ name, size: `bytes of ${name}`.length });
    expect(call.params.caption).toBe(`About ${field}`);
    expect(call.params.caption_entities).toMatchObject([{ type: "italic" }]);
    expect(call.params.chat_id).toBe(ownerId);
  });

  test("a file that Telegram refuses is a dead letter with its reason, and the text still stands", async () => {
    world.telegram.fault = (call) =>
      call.method === "sendDocument" ? { kind: "error", status: 400, description: "Bad Request: file is broken" } : undefined;
    world.say({ from: ownerId, text: "refused-file [[say: Take it. ![Broken](report.pdf)]]" });
    const row = await settled(world.client, "refused-file");
    world.telegram.fault = undefined;
    expect(row).toMatchObject({ fate: "failed", reason: expect.stringContaining("file is broken") });
    expect(world.telegram.chats.texts(ownerId)).toContain("Take it.");
  });
});

test("all that went over the wire has the types of the Bot API", () => {
  expect(schemaFaults(world.telegram)).toEqual([]);
});
