import { describe, expect, it } from "vitest";
import { AnswerReader } from "./http-answer.ts";

const chunkedAnswer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nab\r\n\r\n3;x=1\r\ncde\r\n0\r\n\r\n";
const sizedAnswer = "HTTP/1.1 404 No\r\ncontent-length: 3\r\n\r\nabc";

describe("an answer", () => {
  it.each([
    { name: "with its length", text: sizedAnswer, status: 404, body: "abc" },
    { name: "in chunks", text: chunkedAnswer, status: 200, body: "ab\r\ncde" },
    { name: "without a body", text: "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n", status: 204, body: "" },
  ])("$name ends where its framing says, however it is cut", ({ text, status, body }) => {
    for (let at = 1; at < text.length; at += 1) {
      const reader = new AnswerReader();
      expect(reader.take(Buffer.from(text.slice(0, at), "latin1")), `cut at ${at}`).toBe(false);
      expect(reader.take(Buffer.from(text.slice(at), "latin1")), `cut at ${at}`).toBe(true);
      expect(reader.answer()).toEqual({ status, body: Buffer.from(body) });
    }
  });

  it("comes byte by byte", () => {
    const reader = new AnswerReader();
    const wholes = [...chunkedAnswer].map((byte) => reader.take(Buffer.from(byte, "latin1")));
    expect(wholes.indexOf(true)).toBe(chunkedAnswer.length - 1);
    expect(reader.answer()?.body.toString()).toBe("ab\r\ncde");
  });

  it("without framing goes on until the connection ends", () => {
    const reader = new AnswerReader();
    expect(reader.take(Buffer.from("HTTP/1.0 200 OK\r\n\r\nab"))).toBe(false);
    expect(reader.take(Buffer.from("c"))).toBe(false);
    expect(reader.answer()).toEqual({ status: 200, body: Buffer.from("abc") });
  });

  it.each([sizedAnswer.slice(0, -1), chunkedAnswer.slice(0, -6)])("that was cut inside its body is none: %j", (text) => {
    const reader = new AnswerReader();
    expect(reader.take(Buffer.from(text, "latin1"))).toBe(false);
    expect(reader.answer()).toBeUndefined();
  });

  it("that was cut inside its head has status 0", () => {
    const reader = new AnswerReader();
    reader.take(Buffer.from("HTTP/1.1 20"));
    expect(reader.answer()).toEqual({ status: 0, body: Buffer.alloc(0) });
  });
});
