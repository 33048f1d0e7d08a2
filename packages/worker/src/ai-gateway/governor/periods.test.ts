import { expect, test } from "vitest";
import { isTimeZone } from "../../platform/time-zone.ts";
import { windowAt } from "./periods.ts";

const at = (text: string) => Date.parse(text);
const shown = ({ startsAt, endsAt }: { startsAt: number; endsAt: number }) =>
  [startsAt, endsAt].map((moment) => new Date(moment).toISOString().slice(0, 16));

test("days, weeks and months by UTC", () => {
  const now = at("2026-11-28T17:00:00Z");
  expect(shown(windowAt("day", now))).toEqual(["2026-11-28T00:00", "2026-11-29T00:00"]);
  expect(shown(windowAt("week", now))).toEqual(["2026-11-23T00:00", "2026-11-30T00:00"]);
  expect(shown(windowAt("month", now))).toEqual(["2026-11-01T00:00", "2026-12-01T00:00"]);
  expect(windowAt("always", now)).toEqual({ startsAt: 0, endsAt: Number.POSITIVE_INFINITY });
});

test("the same by the owner's clock", () => {
  const now = at("2026-11-28T23:30:00Z");
  // Past midnight in Berlin, still the 28th in New York.
  expect(shown(windowAt("day", now, "Europe/Berlin"))).toEqual(["2026-11-28T23:00", "2026-11-29T23:00"]);
  expect(shown(windowAt("day", now, "America/New_York"))).toEqual(["2026-11-28T05:00", "2026-11-29T05:00"]);
  expect(shown(windowAt("month", at("2026-10-31T16:00:00Z"), "Asia/Tokyo"))).toEqual(["2026-10-31T15:00", "2026-11-30T15:00"]);
});

test("a day on which clocks change has 23 or 25 hours, and its midnight may not exist", () => {
  expect(shown(windowAt("day", at("2026-03-29T12:00:00Z"), "Europe/Berlin"))).toEqual(["2026-03-28T23:00", "2026-03-29T22:00"]);
  expect(shown(windowAt("day", at("2026-10-25T12:00:00Z"), "Europe/Berlin"))).toEqual(["2026-10-24T22:00", "2026-10-25T23:00"]);
  // Clocks leap from midnight to one o'clock.
  expect(shown(windowAt("day", at("2026-04-24T12:00:00Z"), "Africa/Cairo"))).toEqual(["2026-04-23T22:00", "2026-04-24T21:00"]);
  // At one o'clock it is midnight again.
  expect(shown(windowAt("day", at("2026-11-01T12:00:00Z"), "America/Havana"))).toEqual(["2026-11-01T04:00", "2026-11-02T05:00"]);
});

test("every moment lies in exactly one window, in every zone", () => {
  const zones = [
    "UTC",
    "Pacific/Apia",
    "Asia/Kathmandu",
    "America/St_Johns",
    "Africa/Cairo",
    "America/Santiago",
    "Europe/London",
  ];
  for (const zone of zones)
    for (const per of ["day", "week", "month"] as const) {
      let moment = at("2011-12-01T00:00:00Z");
      for (let count = 0; count < 120; count += 1) {
        const window = windowAt(per, moment, zone);
        expect(window.startsAt).toBeLessThanOrEqual(moment);
        expect(window.endsAt).toBeGreaterThan(moment);
        const middle = Math.floor((window.startsAt + window.endsAt) / 2);
        expect(windowAt(per, middle, zone)).toEqual(window);
        const next = windowAt(per, window.endsAt, zone);
        expect(next.startsAt).toBe(window.endsAt);
        moment = window.endsAt;
      }
    }
});

test("names of zones", () => {
  expect(["UTC", "Europe/Berlin", "Mars/Olympus", ""].map(isTimeZone)).toEqual([true, true, false, false]);
});
