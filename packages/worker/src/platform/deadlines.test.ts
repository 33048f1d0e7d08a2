import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createDeadlines, type Deadline } from "./deadlines.ts";

beforeEach(() => void vi.useFakeTimers({ now: 1_000 }));
afterEach(() => void vi.useRealTimers());

function deadline(dueAt: number, again?: (now: number) => number): Deadline & { seen: number[] } {
  const made = {
    dueAt,
    seen: [] as number[],
    due(now: number) {
      made.seen.push(now);
      if (again) made.dueAt = again(now);
    },
  };
  return made;
}

test("each comes at its time, behind one timer", () => {
  const deadlines = createDeadlines();
  const [late, early, same] = [deadline(1_500), deadline(1_100), deadline(1_500)];
  for (const one of [late, early, same]) deadlines.watch(one);
  expect(vi.getTimerCount()).toBe(1);
  vi.advanceTimersByTime(100);
  expect([early.seen, late.seen]).toEqual([[1_100], []]);
  vi.advanceTimersByTime(400);
  expect([late.seen, same.seen, early.seen]).toEqual([[1_500], [1_500], [1_100]]);
  expect(vi.getTimerCount()).toBe(0);
});

test("what was dropped never comes, what asks for more comes again", () => {
  const deadlines = createDeadlines();
  const gone = deadline(1_100);
  const again = deadline(1_200, (now) => (now < 1_400 ? now + 100 : now));
  deadlines.watch(gone);
  deadlines.watch(again);
  deadlines.drop(gone);
  vi.advanceTimersByTime(1_000);
  expect(gone.seen).toEqual([]);
  expect(again.seen).toEqual([1_200, 1_300, 1_400]);
});

test("one that moved later while it was watched comes at its new time only", () => {
  const deadlines = createDeadlines();
  const moved = deadline(1_100);
  deadlines.watch(moved);
  moved.dueAt = 1_700;
  vi.advanceTimersByTime(500);
  expect(moved.seen).toEqual([]);
  vi.advanceTimersByTime(200);
  expect(moved.seen).toEqual([1_700]);
});
