/**
 * Identity: whether a wrong token's answer tells how much of it was right, and how long an ended grant lives on. The first is
 * Welch's test over interleaved samples without the slowest twentieth; |t| below 4.5 is the bar of tests for constant time.
 */

import { digest, sameDigest } from "../../packages/worker/src/auth/digest.ts";
import { gatewayTokenOf } from "../../tests/support/client.ts";
import { createRandom } from "../../tests/support/random.ts";
import { connectFrame, openRaw, openReady, type RawSocket, request } from "../../tests/support/raw-socket.ts";
import { type Server, startServer } from "../../tests/support/server.ts";
import type { Row, RowGroup } from "../row.ts";
import { median, percentile, spread, welchT } from "../statistics.ts";

const checks = 20_000;
const answers = 1_500;
const repeats = 15;

type Pair = [first: number[], last: number[]];

export const identity: RowGroup = {
  name: "identity",
  what: "timing of wrong tokens, revocation, rotation",
  async measure() {
    const server = await startServer();
    try {
      const revoked = await revocations(server);
      const { inForce, closed, token } = await rotations(server);
      // Last: wrong guesses slow down all that follows.
      const inside = await timed(checks, await checkAlone());
      const whole = await timed(answers, answerOf(server, token));
      return [
        timing("identity.timing.check", "wrong first / wrong last byte: the check itself", inside),
        timing("identity.timing.answer", "wrong first / wrong last byte: whole HTTP answers", whole),
        duration("identity.revoke", "API token revoked → its socket closed", revoked, 1_000),
        duration("identity.rotate", "gateway token replaced → the new one works", inForce, 5_000),
        duration("identity.rotate.close", "gateway token replaced → old sockets closed", closed, 1_000),
      ];
    } finally {
      await server.dispose();
    }
  },
};

const about = { peer: null, better: "lower" as const };

function timing(id: string, what: string, [first, last]: Pair): Row {
  const note = `medians ${median(first).toFixed(1)} and ${median(last).toFixed(1)} µs, ${first.length} interleaved samples each`;
  return { ...about, id, what, unit: "|t|", ours: Math.abs(welchT(cropped(first), cropped(last))), bar: 4.5, note };
}

function duration(id: string, what: string, values: number[], bar: number): Row {
  return { ...about, id, what, unit: "ms", ours: median(values), bar, note: spread(values, 1) };
}

/** Without the slowest twentieth, which the machine's other work makes. */
function cropped(values: number[]): number[] {
  const limit = percentile(values, 0.95);
  return values.filter((value) => value <= limit);
}

/** Microseconds of each kind of guess, in an order drawn anew for each pair. */
async function timed(samples: number, attempt: (kind: "first" | "last") => Promise<unknown>): Promise<Pair> {
  const random = createRandom(4_5);
  const times: Pair = [[], []];
  for (let index = -200; index < samples; index += 1) {
    for (const kind of random.chance(0.5) ? (["first", "last"] as const) : (["last", "first"] as const)) {
      const begun = performance.now();
      await attempt(kind);
      if (index >= 0) times[kind === "first" ? 0 : 1].push((performance.now() - begun) * 1_000);
    }
  }
  return times;
}

const other = (character: string) => (character === "a" ? "b" : "a");
const wrong = (token: string) => ({
  first: other(token.charAt(0)) + token.slice(1),
  last: token.slice(0, -1) + other(token.slice(-1)),
});

/** What stands between a presented token and yes or no: its digest, compared with the stored one. */
async function checkAlone(): Promise<(kind: "first" | "last") => Promise<boolean>> {
  const token = "0123456789abcdef".repeat(4);
  const expected = await digest(token);
  const guesses = wrong(token);
  return async (kind) => sameDigest(await digest(guesses[kind]), expected);
}

function answerOf(server: Server, token: string): (kind: "first" | "last") => Promise<unknown> {
  const guesses = wrong(token);
  const url = new URL("/api/host/status", server.url);
  return async (kind) => (await fetch(url, { headers: { authorization: `Bearer ${guesses[kind]}` } })).arrayBuffer();
}

async function call(socket: RawSocket, id: string, method: string, params: object): Promise<unknown> {
  socket.send(request(id, method, params));
  return (await socket.frame((frame) => frame.id === id)).payload;
}

async function revocations(server: Server): Promise<number[]> {
  const owner = await openReady(server.url, server.dataDir);
  const times: number[] = [];
  for (let index = 0; index < repeats; index += 1) {
    const label = `bench ${index}`;
    const { token, row } = (await call(owner, `make${index}`, "auth.tokens.create", { label, scopes: ["operator.read"] })) as {
      token: string;
      row: { id: string };
    };
    const socket = await openRaw(server.url);
    socket.send(connectFrame(token));
    await socket.frame((frame) => frame.ok === true);
    const begun = performance.now();
    owner.send(request(`end${index}`, "auth.tokens.revoke", { id: row.id }));
    await socket.closed;
    times.push(performance.now() - begun);
  }
  owner.close();
  return times;
}

async function rotations(server: Server): Promise<{ inForce: number[]; closed: number[]; token: string }> {
  const result = { inForce: [] as number[], closed: [] as number[] };
  let token = gatewayTokenOf(server.dataDir);
  const open = async () => {
    const socket = await openRaw(server.url);
    socket.send(connectFrame(token));
    await socket.frame((frame) => frame.ok === true);
    return socket;
  };
  for (let index = 0; index < repeats; index += 1) {
    const [asker, bystander] = [await open(), await open()];
    const next = `the bench's own token, number ${index}`;
    const begun = performance.now();
    asker.send(request("rotate", "auth.gatewayToken.rotate", { token: next }));
    const closed = bystander.closed.then(() => result.closed.push(performance.now() - begun));
    await asker.frame((frame) => frame.id === "rotate");
    const answer = await fetch(new URL("/api/host/status", server.url), { headers: { authorization: `Bearer ${next}` } });
    if (!answer.ok) throw new Error(`the new token was refused: HTTP ${answer.status}`);
    result.inForce.push(performance.now() - begun);
    await closed;
    token = next;
  }
  return { ...result, token };
}
