/** Durations counted in doubling buckets: percentiles of any span are sums of a few numbers. */

/** Milliseconds; the last bucket is everything above. */
const bounds = [25, 50, 100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_600, 51_200];

export type Histogram = number[];

export const emptyHistogram = (): Histogram => new Array<number>(bounds.length + 1).fill(0);

export function countInto(histogram: Histogram, ms: number): void {
  let at = 0;
  while (at < bounds.length && ms > (bounds[at] as number)) at += 1;
  histogram[at] = (histogram[at] ?? 0) + 1;
}

export function mergeInto(sum: Histogram, more: readonly number[]): void {
  for (const [at, count] of more.entries()) sum[at] = (sum[at] ?? 0) + count;
}

/** Milliseconds below which that share lies, within its bucket by proportion; null of nothing. */
export function percentile(histogram: readonly number[], share: number): number | null {
  const total = histogram.reduce((sum, count) => sum + count, 0);
  if (total === 0) return null;
  let before = 0;
  for (const [at, count] of histogram.entries()) {
    if (before + count < total * share) {
      before += count;
      continue;
    }
    const low = at === 0 ? 0 : (bounds[at - 1] as number);
    const high = bounds[at] ?? low * 2;
    return Math.round(low + (high - low) * (count === 0 ? 0 : (total * share - before) / count));
  }
  return bounds.at(-1) ?? null;
}
