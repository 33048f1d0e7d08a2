import { beforeEach, expect, it } from "vitest";
import { createTestWorkspace } from "../../../../../tests/support/tool-context.ts";
import { sha256Hex } from "../../platform/sha256.ts";
import type { Workspace } from "../../storage/workspace.ts";
import type { Containers } from "../containers.ts";
import { createSandbox, type Sandbox } from "./sandbox.ts";

const encoder = new TextEncoder();

let workspace: Workspace;
let sandbox: Sandbox;
/** What the container answers, by path; one that is missing has died. */
let answers: Record<string, () => Response>;
let asked: { path: string; body: string }[];

beforeEach(() => {
  workspace = createTestWorkspace();
  asked = [];
  answers = {
    "/files/sync": () => Response.json({ need: [], conflicts: [] }),
    "/files/write": () => Response.json({ written: 1 }),
    "/exec": () => new Response('{"type":"output","name":"stdout","text":"done"}\n{"type":"exit","exitCode":0,"signal":null}\n'),
    "/files/changes": () => Response.json({ changed: [changed("a"), changed("b")], deleted: [], skipped: [] }),
    "/files/read": () => new Response('{"path":"a","bytes":2}\nhi{"path":"b","bytes":0}\n'),
  };
  const containers = {
    ensure: async () => 4,
    async fetch(_id: string, _generation: number, path: string, init: RequestInit = {}) {
      asked.push({ path, body: await new Response(init.body).text() });
      const answer = answers[path];
      if (!answer) throw new Error("the container is gone");
      return answer();
    },
  } as unknown as Containers;
  sandbox = createSandbox({ containers, workspace, hasNetwork: () => false });
});

const changed = (path: string) => ({ path, base: 0, sizeBytes: 2 });
const run = () =>
  sandbox.run({ command: "make", timeoutMs: 1_000, signal: new AbortController().signal, onUpdate: () => undefined });

it("hands back what a command changed", async () => {
  const { changes, unsaved } = await run();
  expect(unsaved).toBeUndefined();
  expect(changes).toEqual([
    { path: "a", content: encoder.encode("hi"), baseRevision: 0 },
    { path: "b", content: new Uint8Array(0), baseRevision: 0 },
  ]);
});

it.each([
  ["is gone when it is asked", { "/files/changes": undefined }],
  ["is gone when they are read", { "/files/read": undefined }],
  ["ends within a file", { "/files/read": () => new Response('{"path":"a","bytes":20}\nhi') }],
  ["ends between two files", { "/files/read": () => new Response('{"path":"a","bytes":2}\nhi') }],
])("says that nothing was saved where the container %s", async (_, change) => {
  answers = { ...answers, ...change } as typeof answers;
  const { changes, unsaved, exitCode } = await run();
  expect([changes, unsaved, exitCode]).toEqual([[], expect.stringMatching(/./), 0]);
});

it("sends a file unless the same stands there already", async () => {
  workspace.apply([
    { path: "own", content: encoder.encode("made there") },
    { path: "new", content: encoder.encode("typed\n") },
  ]);
  const hash = await sha256Hex(encoder.encode("made there"));
  answers["/files/sync"] = () =>
    Response.json({
      need: [
        { path: "own", hash },
        { path: "new", hash },
      ],
      conflicts: [],
    });
  await run();
  expect(asked.find(({ path }) => path === "/files/write")?.body).toBe(
    `{"path":"own","revision":1,"hash":"${hash}"}\n{"path":"new","revision":2,"bytes":6}\ntyped\n`,
  );
});
