import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

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
        plugins: [cloudflareTest({ wrangler: { configPath: "./tests/workerd/wrangler.jsonc" } })],
        test: { name: "workerd", include: ["packages/worker/src/**/*.workerd.test.ts"] },
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
          fileParallelism: false,
        },
      },
    ],
  },
});
