/** Calendar windows of budgets, in the owner's time zone: a day begins at midnight, a week on Monday, a month on its first. */

import type { BudgetPeriod } from "@moltworker/protocol/gateway";
import { beginOf, type CalendarDate, dateIn } from "../../platform/time-zone.ts";

export interface Window {
  startsAt: number;
  /** Exclusive; Infinity for a budget without end. */
  endsAt: number;
}

const always: Window = { startsAt: 0, endsAt: Number.POSITIVE_INFINITY };

/** The last window of each kind: it is asked for with every call, and the calendar of a zone is slow. */
const recent = new Map<string, Window>();
const mostRecent = 50;

/** The window that holds the moment `now`, epoch milliseconds. `zone` is an IANA name. */
export function windowAt(per: BudgetPeriod, now: number, zone = "UTC"): Window {
  if (per === "always") return always;
  const name = `${per} ${zone}`;
  const known = recent.get(name);
  if (known && known.startsAt <= now && now < known.endsAt) return known;
  const window = windowOf(per, dateIn(zone, now), (date) => beginOf(zone, date));
  if (recent.size >= mostRecent) recent.clear();
  recent.set(name, window);
  return window;
}

function windowOf(
  per: "day" | "week" | "month",
  [year, month, day]: CalendarDate,
  begin: (date: CalendarDate) => number,
): Window {
  if (per === "month") return { startsAt: begin([year, month, 1]), endsAt: begin([year, month + 1, 1]) };
  // Sunday is 0 in the calendar, and the last day of a week here.
  const first = per === "day" ? day : day - ((new Date(Date.UTC(year, month, day)).getUTCDay() + 6) % 7);
  return { startsAt: begin([year, month, first]), endsAt: begin([year, month, first + (per === "day" ? 1 : 7)]) };
}
