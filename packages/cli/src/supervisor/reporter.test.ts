import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { createReporter, type Reporter } from "./reporter.ts";

const cleanUps: (() => void)[] = [];
afterEach(() => {
  for (const cleanUp of cleanUps.splice(0)) cleanUp();
});

const lineOf = (message: string) => ({ ts: "2026-01-01T00:00:00.000Z", level: "error" as const, event: "workerd", message });

/** An assistant that answers every report with this status, and each time makes the supervisor see one line more. */
async function reporting(statusOf: (reports: number) => number) {
  const at: number[] = [];
  const lines: string[][] = [];
  let heard = () => {};
  const server = createServer((request, response) => {
    let text = "";
    request.on("data", (bytes: Buffer) => {
      text += bytes.toString();
    });
    request.on("end", () => {
      at.push(Date.now());
      lines.push((JSON.parse(text) as { lines: { message: string }[] }).lines.map(({ message }) => message));
      response.writeHead(statusOf(at.length), { "content-length": "2" }).end("{}");
      reporter.line(lineOf(`after report ${at.length}`));
      heard();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const reporter: Reporter = createReporter("/nowhere/build.json");
  cleanUps.push(
    () => reporter.close(),
    () => server.close(),
  );
  reporter.line(lineOf("first"));
  const address = { host: "127.0.0.1", port: (server.address() as AddressInfo).port, hostKey: "key" };
  reporter.connect(address);
  const until = async (reports: number) => {
    while (at.length < reports) await new Promise<void>((resolve) => (heard = resolve));
  };
  return { at, lines, until, reporter, address };
}

describe("reports to the assistant", () => {
  it("come in batches, and lines are told once", async () => {
    const { lines, until } = await reporting(() => 200);
    await until(3);
    expect(lines.slice(0, 3)).toEqual([["first"], ["after report 1"], ["after report 2"]]);
  });

  it("that fail are repeated ever more slowly, though each makes a new line, and nothing is left out", async () => {
    const { at, lines, until } = await reporting((reports) => (reports < 4 ? 500 : 200));
    await until(5);
    const gaps = at.slice(1).map((time, index) => time - (at[index] as number));
    for (const [index, least] of [400, 800, 1_600].entries()) expect(gaps[index]).toBeGreaterThan(least - 50);
    expect(lines[3]).toEqual(["first", "after report 1", "after report 2", "after report 3"]);
    expect(lines[4]).toEqual(["after report 4"]);
  });

  it("do not wait when the assistant begins anew", async () => {
    const { at, until, reporter, address } = await reporting((reports) => (reports < 4 ? 500 : 200));
    await until(3);
    // The next one would come after 1.6 seconds.
    reporter.connect(address);
    await until(4);
    expect((at[3] as number) - (at[2] as number)).toBeLessThan(1_200);
  });
});
