/** The object is put away while nobody needs it; sockets, their numbers and waiting approvals live on. */

import { afterAll, beforeAll, expect, test } from "vitest";
import { openReady, type RawSocket, request } from "../support/raw-socket.ts";
import { type Server, startServer } from "../support/server.ts";

let server: Server;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.dispose());

const bootIdOf = (socket: RawSocket) => {
  const hello = socket.frames.find((frame) => frame.id === "hello")?.payload as { server: { bootId: string } };
  return hello.server.bootId;
};

test("an approval asked for before is answered after, on the same socket, whose numbers go on", async () => {
  const socket = await openReady(server.url, server.dataDir, { caps: ["resume"] });
  socket.send(request("go", "chat.send", { sessionKey: "main", message: "show me an approval", idempotencyKey: "go" }));
  const asked = await socket.frame((frame) => frame.event === "exec.approval.requested");
  // The tick comes by the alarm, half a minute on; by then the runtime has put the idle object away.
  await socket.frame((frame) => frame.event === "tick", 40_000);
  const later = await openReady(server.url, server.dataDir);
  expect(bootIdOf(later)).not.toBe(bootIdOf(socket));

  socket.send(request("yes", "exec.approval.resolve", { id: asked.payload?.id, decision: "allow-once" }));
  await socket.frame((frame) => frame.event === "chat" && frame.payload?.state === "final");
  socket.send(request("file", "agents.files.get", { name: "USER.md" }));
  const file = (await socket.frame((frame) => frame.id === "file")).payload?.file as { content: string };
  expect(file.content).toContain("show me an approval");

  const seqs = socket.frames.flatMap((frame) => ("seq" in frame ? [Number(frame.seq)] : []));
  expect(seqs).toEqual(seqs.map((_, index) => index + 1));
  socket.close();
  later.close();
});
