import { MoltError } from "@moltworker/protocol/errors";
import { type Command, CommanderError } from "commander";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createProgram, run } from "./main.ts";
import { eventText, reportError } from "./output.ts";
import { version } from "./version.ts";

afterEach(() => vi.restoreAllMocks());

/** Parses a line without doing anything; returns the verb and its options. */
function parse(...args: string[]): { verb: string; options: Record<string, unknown> } {
  const program = createProgram();
  let parsed: Command | undefined;
  for (const command of program.commands) {
    command.action(() => {
      parsed = command;
    });
  }
  program.parse(args, { from: "user" });
  return { verb: parsed?.name() ?? "", options: parsed?.opts() ?? {} };
}

describe("flags", () => {
  it("starts by default, on the loopback address", () => {
    expect(parse()).toEqual({ verb: "start", options: { port: 8787, host: "127.0.0.1", open: true } });
  });

  it("reads the flags of start without its name, as npm start passes them", () => {
    expect(parse("--port", "0", "--host", "::1", "--data", "/d", "--no-open", "--json")).toEqual({
      verb: "start",
      options: { port: 0, host: "::1", data: "/d", open: false, json: true },
    });
  });

  it.each([
    ["--port", "65536"],
    ["--port", "-1"],
    ["--port", "8o"],
    ["--port"],
    ["--unknown"],
    ["start", "extra"],
    ["nonsense"],
    ["--host", "a b"],
    ["logs", "-n", "x"],
  ])("refuses %s %s", (...args) => {
    expect(() => parse(...args)).toThrow(CommanderError);
  });

  it("never breaks on a thousand random lines: each is understood or refused", () => {
    const words = [
      "--port",
      "--host",
      "--data",
      "--json",
      "--no-open",
      "--",
      "-",
      "start",
      "link",
      "logs",
      "-n",
      "-f",
      "0",
      "8787",
      "",
      "\0",
      "💥",
      "=",
      "--port=",
      "--port=1",
      "--__proto__",
      "constructor",
    ];
    let seed = 7;
    const random = (below: number) => {
      seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
      return Math.floor((seed / 2 ** 31) * below);
    };
    vi.spyOn(process.stdout, "write").mockReturnValue(true);
    for (let line = 0; line < 1_000; line++) {
      const args = Array.from({ length: random(6) }, () => words[random(words.length)] as string);
      try {
        parse(...args);
      } catch (error) {
        expect(error, args.join(" ")).toBeInstanceOf(CommanderError);
      }
    }
  });
});

describe("exit codes", () => {
  const stderr = () => vi.spyOn(process.stderr, "write").mockReturnValue(true);
  const stdout = () => vi.spyOn(process.stdout, "write").mockReturnValue(true);

  it("is 0 for the version and the help", async () => {
    const out = stdout();
    expect(await run(["--version"])).toBe(0);
    expect(out).toHaveBeenCalledWith(`${version}\n`);
    expect(await run(["--help"])).toBe(0);
  });

  it("is 2 with one sentence for a line that is not understood", async () => {
    const err = stderr();
    expect(await run(["--prot", "1"])).toBe(2);
    expect(err.mock.calls.flat().join("")).toContain("--port");
  });

  it("is 88 when nothing runs", async () => {
    stderr();
    for (const verb of ["link", "status", "stop"]) expect(await run([verb, "--data", "/nonexistent"])).toBe(88);
  });

  it("comes with cause and cure, as text or as JSON", () => {
    const [err, out] = [stderr(), stdout()];
    const error = new MoltError("PORT_TAKEN", { message: "port 1 is taken" });
    expect(reportError(error, false)).toBe(82);
    expect(err.mock.calls[0]?.[0]).toBe(`moltworker: port 1 is taken (PORT_TAKEN)\n${error.hint}\n`);
    expect(reportError(error, true)).toBe(82);
    expect(JSON.parse(String(out.mock.calls[0]?.[0]))).toMatchObject({
      type: "error",
      exitCode: 82,
      error: { details: { code: "PORT_TAKEN" } },
    });
  });
});

it("says the one line that others parse", () => {
  const ready = { url: "http://h:1/", link: "http://h:1/#c", port: 1, pid: 1, workerdPid: 2, dataDir: "/d", startMs: 3 };
  expect(eventText({ type: "ready", ...ready }, false)).toBe("ready http://h:1/#c");
});
