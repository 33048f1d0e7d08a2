/** Which snapshots stay. Pure. The last good one stays whatever its age, and so does everything while a question is open. */

export interface Keep {
  hourly: number;
  daily: number;
  weekly: number;
}

export interface Candidate {
  id: string;
  createdAt: number;
  verified: boolean;
  /** Made by the schedule. What a person or an upgrade asked for stays a week in any case. */
  scheduled: boolean;
  /** Never dropped by itself: the one that a restore can be undone with. */
  pinned: boolean;
}

const hourMs = 3_600_000;
const weekMs = 7 * 24 * hourMs;

/** Ids to drop. Of each hour, day and week (UTC) the newest verified snapshot stays, for as many of them as `keep` says. */
export function expired(candidates: readonly Candidate[], keep: Keep, now: number): string[] {
  const newestFirst = [...candidates].sort((left, right) => right.createdAt - left.createdAt);
  const good = newestFirst.filter(({ verified }) => verified);
  const kept = new Set(newestFirst.filter(({ pinned }) => pinned).map(({ id }) => id));
  const [lastGood] = good;
  if (lastGood) kept.add(lastGood.id);
  const spans = [
    [keep.hourly, hourMs],
    [keep.daily, 24 * hourMs],
    [keep.weekly, weekMs],
  ] as const;
  for (const [count, length] of spans) {
    const seen = new Set<number>();
    for (const { id, createdAt } of good) {
      const span = Math.floor(createdAt / length);
      if (seen.has(span)) continue;
      if (seen.size >= count) break;
      seen.add(span);
      kept.add(id);
    }
  }
  for (const { id, createdAt, verified, scheduled } of newestFirst) {
    // What was never proved may yet be, or is looked into.
    const stays = now - createdAt < weekMs ? !verified || !scheduled : !lastGood;
    if (stays) kept.add(id);
  }
  return newestFirst.filter(({ id }) => !kept.has(id)).map(({ id }) => id);
}

/** A snapshot far smaller than the last good one is kept back until a person has said that this is right. */
export function isSuddenShrink(
  before: { rows: number; bytes: number } | undefined,
  now: { rows: number; bytes: number },
): boolean {
  if (!before) return false;
  const half = (left: number, right: number, least: number) => right >= least && left < right / 2;
  return half(now.rows, before.rows, 200) || half(now.bytes, before.bytes, 200_000);
}
