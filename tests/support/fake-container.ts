/** An engine and its supervisor in memory, for the life cycle of a container: what runs, and how it answers, is the test's. */

import type { ContainerEngine, StartOrder } from "../../packages/worker/src/containers/container-engine.ts";
import type { ContainerHost, ExitFacts } from "../../packages/worker/src/containers/container-host.ts";

export interface FakeContainer {
  engine: ContainerEngine;
  host: ContainerHost;
  /** What runs now; undefined when nothing does. */
  running: Running | undefined;
  /** Every start, in order. */
  starts: StartOrder[];
  image: string;
  /** What the engine answers to the next starts: the words of a failure, once each. */
  failures: string[];
  /** It ends by itself. */
  end(words: string | undefined, facts?: Partial<ExitFacts>): void;
}

export interface Running {
  generation: number;
  jobs: number;
  /** It accepts a connection and says nothing. */
  hangs: boolean;
  /** How it answers everything but `/ready`. */
  answer?: (request: Request) => Response | Promise<Response>;
  end(words: string | undefined): void;
}

export function fakeContainer(): FakeContainer {
  let facts: ExitFacts = noFacts;
  let ended: Promise<string | undefined> = new Promise(() => {});
  const fake: FakeContainer = {
    running: undefined,
    starts: [],
    image: "moltworker-sandbox:1",
    failures: [],
    end(words, more = {}) {
      facts = { ...noFacts, exists: true, ...more };
      const { running } = fake;
      fake.running = undefined;
      running?.end(words);
    },
    engine: {
      images: () => ({ sandbox: fake.image }),
      running: () => fake.running !== undefined,
      start(order) {
        fake.starts.push(order);
        facts = noFacts;
        let end: Running["end"] = () => undefined;
        ended = new Promise((resolve) => {
          end = resolve;
        });
        fake.running = { generation: Number(order.env.MOLTWORKER_GENERATION), jobs: 0, hangs: false, end };
        const failure = fake.failures.shift();
        if (failure !== undefined) fake.end(failure, { error: failure });
      },
      ended: () => ended,
      destroy: async () => fake.end("ended with 137"),
      terminate: () => void (fake.running?.hangs || fake.end(undefined, { exitCode: 0 })),
      async fetch(_port, request) {
        const { running } = fake;
        if (!running) throw new Error("Container is not listening");
        if (running.hangs) return new Promise<Response>(() => {});
        const headers = { "x-moltworker-generation": String(running.generation) };
        if (new URL(request.url).pathname === "/ready") return Response.json(running, { headers });
        return (await running.answer?.(request)) ?? new Response("done", { headers });
      },
      answerFor: async () => undefined,
    },
    host: {
      engine: async () => ({ available: true, images: [{ name: "sandbox", image: fake.image, present: true }] }),
      prepare: async () => undefined,
      facts: async () =>
        fake.running ? { ...noFacts, exists: true, running: true, generation: fake.running.generation } : facts,
      remove: async () => {
        fake.running = undefined;
      },
    },
  };
  return fake;
}

const noFacts: ExitFacts = {
  exists: false,
  running: false,
  generation: 0,
  exitCode: null,
  outOfMemory: false,
  error: "",
  lines: [],
};
