import { describe, expect, it } from "vitest";
import { type ConversationInput, conversationOf } from "./conversation.ts";

const base: ConversationInput = {
  channel: "telegram",
  account: "default",
  place: { chatId: "7", chatKind: "direct" },
  senderId: "7",
  role: "owner",
  dmScope: "main",
  identityLinks: { ada: ["telegram:8", "slack:U8"] },
};

describe("conversationOf", () => {
  it.each<[string, Partial<ConversationInput>]>([
    ["agent:main:main", {}],
    ["agent:main:main:thread:3", { place: { chatId: "7", chatKind: "direct", threadId: "3" } }],
    // A guest never meets the owner's conversation, whatever the scope.
    ["agent:main:telegram:direct:9", { role: "guest", senderId: "9" }],
    ["agent:main:telegram:direct:9", { role: "guest", senderId: "9", dmScope: "per-peer" }],
    ["agent:main:telegram:direct:7", { dmScope: "per-channel-peer" }],
    ["agent:main:telegram:work:direct:7", { dmScope: "per-account-channel-peer", account: "work" }],
    // A linked person is the same one everywhere.
    ["agent:main:direct:ada", { role: "guest", senderId: "8" }],
    ["agent:main:direct:ada", { role: "guest", senderId: "U8", channel: "slack", dmScope: "per-peer" }],
    ["agent:main:telegram:group:-5", { place: { chatId: "-5", chatKind: "group" } }],
    ["agent:main:telegram:group:-5:topic:2", { place: { chatId: "-5", chatKind: "group", threadId: "2" } }],
  ])("%s", (key, input) => expect(conversationOf({ ...base, ...input })).toBe(key));
});
