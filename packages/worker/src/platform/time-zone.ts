/** Calendars of time zones, from the platform's own tables. `zone` is an IANA name, such as `Europe/Berlin`. */

const dayMs = 86_400_000;

/** Year, month from 0, day; each may run over, as `Date.UTC` takes them. */
export type CalendarDate = [year: number, month: number, day: number];

/** The date that the zone's clocks show at that moment. */
export const dateIn = (zone: string, at: number): CalendarDate => dateOf(at + offsetMs(zone, at));

function dateOf(now: number): CalendarDate {
  const date = new Date(now);
  return [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()];
}

/** The first moment of a local date: 00:00, or where clocks leap over it the moment of the leap; the first of two midnights. */
export function beginOf(zone: string, date: CalendarDate): number {
  const wanted = Date.UTC(...date);
  if (zone === "UTC") return wanted;
  const candidates = [wanted - dayMs, wanted, wanted + dayMs].map((at) => wanted - offsetMs(zone, at));
  const fitting = candidates.filter((at) => Date.UTC(...dateIn(zone, at)) === wanted);
  // A date that a zone left out, as when it crossed the date line, begins where the next one does.
  return fitting.length > 0 ? Math.min(...fitting) : Math.max(...candidates);
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** How far the zone's clocks are ahead of UTC at that moment. */
function offsetMs(zone: string, at: number): number {
  if (zone === "UTC") return 0;
  let format = formats.get(zone);
  if (!format) {
    const numeric = "numeric";
    const fields = { year: numeric, month: numeric, day: numeric, hour: numeric, minute: numeric, second: numeric } as const;
    format = new Intl.DateTimeFormat("en-US", { timeZone: zone, calendar: "gregory", hourCycle: "h23", ...fields });
    formats.set(zone, format);
  }
  const part = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, Number(value)])) as Record<
    "year" | "month" | "day" | "hour" | "minute" | "second",
    number
  >;
  const local = Date.UTC(part.year, part.month - 1, part.day, part.hour, part.minute, part.second);
  return local - Math.floor(at / 1_000) * 1_000;
}

/** Whether the platform's calendar knows it. */
export function isTimeZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat("en-US", { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}
