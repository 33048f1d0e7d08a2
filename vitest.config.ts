import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

declare module "vitest" {
  interface ProvidedContext {
    /** Starts on mutated settings. */
    stateBoots: number;
  }
}

/** What the bundler writes beside a built Worker. */
const someBuild = {
  name: "moltworker-build",
  enforce: "pre" as const,
  resolveId: (id: string) => (id === "moltworker:build" ? "\0moltworker:build" : undefined),
  load: (id: string) =>
    id === "\0moltworker:build"
      ? `export default { id: "test", version: "0.1.0", builtAt: "2026-01-01T00:00:00.000Z" }`
      : undefined,
};

/** Four kinds of test: beside the code, in real workerd, whole product in a browser, faults. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["packages/*/src/**/*.test.{ts,tsx}", "tests/unit/**/*.test.ts", "tests/fuzz/**/*.test.ts"],
          exclude: ["**/*.workerd.test.ts", "**/node_modules/**"],
          environment: "node",
          // A guard against hanging, not a measure: several files share a small machine's cores.
          testTimeout: 30_000,
        },
      },
      {
        plugins: [cloudflareTest({ wrangler: { configPath: "./tests/workerd/wrangler.jsonc" } }), someBuild],
        test: {
          name: "workerd",
          include: ["packages/worker/src/**/*.workerd.test.ts"],
          provide: { stateBoots: Number(process.env.STATE_CONFIGS ?? 100) },
        },
      },
      {
        test: {
          name: "e2e",
          include: ["tests/e2e/**/*.test.ts", "tests/article/**/*.test.ts"],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: "containers",
          include: ["tests/containers/**/*.test.ts"],
          testTimeout: process.env.CONTAINER_KILLS ? 400_000 : 180_000,
          hookTimeout: 900_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: "faults",
          include: ["tests/faults/**/*.test.ts"],
          testTimeout: 3_600_000,
          hookTimeout: 120_000,
          // The data's own faults share nothing and mostly compute; servers that are killed get the machine to themselves.
          fileParallelism: process.env.FAULTS_BESIDE === "1",
        },
      },
    ],
  },
});
