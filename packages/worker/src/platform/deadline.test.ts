import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { withDeadline } from "./deadline.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("work that ends in time leaves no timer behind, whether it went well or not", async () => {
  expect(await withDeadline(1_000, async () => "done")).toBe("done");
  await expect(withDeadline(1_000, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(vi.getTimerCount()).toBe(0);
});

test("work that takes longer is told to stop", async () => {
  const late = withDeadline(
    1_000,
    (signal) => new Promise<string>((resolve) => signal.addEventListener("abort", () => resolve(String(signal.reason.name)))),
  );
  await vi.advanceTimersByTimeAsync(1_000);
  expect(await late).toBe("TimeoutError");
});
