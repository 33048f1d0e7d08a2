/**
 * A model server for load alone: fixed bytes over bare sockets, so that what is measured is what stands before it. Run as a
 * process of its own: `node fast-upstream.ts`; prints `{"port":…}`. The path says what comes: `…/chat/completions` with
 * `"stream":true` in the body streams, else JSON. The body's field `user` gives milliseconds between chunks and their number,
 * `pace=20,chunks=100`: a field of the API, because gateways drop headers that they do not know.
 */

import { createServer, type Socket } from "node:net";

const usage = { prompt_tokens: 500, completion_tokens: 300, total_tokens: 800 };
const jsonBody = JSON.stringify({
  id: "chatcmpl-1",
  object: "chat.completion",
  created: 1,
  model: "bench",
  choices: [{ index: 0, message: { role: "assistant", content: "word ".repeat(340) }, finish_reason: "stop" }],
  usage,
});
const jsonAnswer = Buffer.from(
  `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${jsonBody.length}\r\n\r\n${jsonBody}`,
);
const streamHead = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
const chunked = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;
const event = (fields: object) =>
  chunked(
    `data: ${JSON.stringify({ id: "chatcmpl-1", object: "chat.completion.chunk", created: 1, model: "bench", ...fields })}\n\n`,
  );
const word = event({ choices: [{ index: 0, delta: { content: " word" }, finish_reason: null }], usage: null });
const stop = event({ choices: [{ index: 0, delta: {}, finish_reason: "stop" }] });
const end = `${stop}${event({ choices: [], usage })}${chunked("data: [DONE]\n\n")}0\r\n\r\n`;

const server = createServer({ noDelay: true }, (socket) => {
  let held: Buffer = Buffer.alloc(0);
  socket.on("error", () => {});
  socket.on("data", (data: Buffer) => {
    held = held.length > 0 ? Buffer.concat([held, data]) : data;
    for (;;) {
      const request = take(held);
      if (!request) return;
      held = held.subarray(request.end);
      answer(socket, request);
    }
  });
});

interface Request {
  end: number;
  isStream: boolean;
  paceMs: number;
  chunks: number;
}

function take(bytes: Buffer): Request | undefined {
  const head = bytes.indexOf("\r\n\r\n");
  if (head === -1) return undefined;
  const text = bytes.toString("latin1", 0, head);
  let end = head + 4;
  const length = /content-length: *(\d+)/i.exec(text);
  if (length) {
    end += Number(length[1]);
    if (bytes.length < end) return undefined;
  } else if (/transfer-encoding: *chunked/i.test(text)) {
    const last = bytes.indexOf("0\r\n\r\n", head + 4);
    if (last === -1) return undefined;
    end = last + 5;
  }
  const body = bytes.subarray(head + 4, end);
  const isStream = body.includes('"stream":true');
  const wish = isStream ? /"user":"pace=(\d+),chunks=(\d+)"/.exec(body.toString("latin1")) : null;
  return { end, isStream, paceMs: Number(wish?.[1] ?? 0), chunks: Number(wish?.[2] ?? 200) };
}

function answer(socket: Socket, { isStream, paceMs, chunks }: Request): void {
  if (!isStream) return void socket.write(jsonAnswer);
  if (paceMs === 0) {
    // One write a chunk, as a model server that is in a hurry makes them, with room for the peer between them.
    let left = chunks;
    socket.write(streamHead);
    const more = () => {
      for (let burst = 0; burst < 8 && left > 0; burst += 1, left -= 1) socket.write(word);
      if (left > 0) setImmediate(more);
      else socket.write(end);
    };
    return more();
  }
  socket.write(streamHead + word);
  let left = chunks - 1;
  const timer = setInterval(() => {
    if (socket.destroyed) return clearInterval(timer);
    left -= 1;
    if (left > 0) return void socket.write(word);
    clearInterval(timer);
    socket.write(end);
  }, paceMs);
}

server.listen(0, "127.0.0.1", () => console.log(JSON.stringify({ port: (server.address() as { port: number }).port })));
process.on("SIGTERM", () => process.exit(0));
