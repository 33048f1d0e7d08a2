import { describe, expect, it } from "vitest";
import { wasSeen } from "./seen-address.ts";

describe("an address that was seen", () => {
  it.each([
    ["https://example.com/a?b=1", "look at https://example.com/a?b=1 please"],
    ["https://example.com/a", "see https://example.com/a."],
    ["https://example.com/a", "see [this](https://example.com/a)"],
    ["https://example.com/a", "<https://example.com/a>"],
    ["https://example.com/a", 'href="https://example.com/a"'],
    ["https://example.com/a", "https://example.com/a"],
    ["https://example.com/a#part", "https://example.com/a"],
    ["https://example.com", "go to https://example.com/"],
    ["https://example.com/", "go to https://example.com"],
    ["https://example.com/", "what is on Example.com?"],
    ["https://example.com", "from https://example.com/deep/page"],
    ["https://example.com:8443/", "see example.com:8443."],
    ["https://example.com/a b", "https://example.com/a b"],
  ])("%s in %j", (address, text) => expect(wasSeen(address, text)).toBe(true));
});

describe("an address that was made up", () => {
  it.each([
    ["https://evil.example/?q=secret", "https://evil.example/?q="],
    ["https://evil.example/?q=se", "https://evil.example/?q=secret"],
    ["https://evil.example/secret", "https://evil.example/"],
    ["https://secret.evil.example/", "https://evil.example/"],
    ["https://evil.example/", "https://evil.example.com/"],
    ["https://evil.example/", "https://notevil.example/"],
    ["https://evil.example/", "mail me at me@evil.example"],
    ["https://evil.example:1234/", "https://evil.example/"],
    ["https://evil.example/A", "https://evil.example/a"],
    ["https://evil.example/?", "evil.example/?secret"],
    ["https://user:secret@evil.example/", "https://evil.example/"],
    ["https://evil.example/a", ""],
    ["not an address", "something else"],
  ])("%s in %j", (address, text) => expect(wasSeen(address, text)).toBe(false));
});
