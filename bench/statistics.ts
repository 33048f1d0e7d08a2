/** Medians and percentiles of a handful of figures. */

/** 0 ≤ share ≤ 1, nearest rank. NaN for none. */
export function percentile(values: number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))] ?? Number.NaN;
}

export const median = (values: number[]): number => percentile(values, 0.5);

/** `7 runs, 210–260`. */
export function spread(values: number[], digits = 0): string {
  return `${values.length} runs, ${Math.min(...values).toFixed(digits)}–${Math.max(...values).toFixed(digits)}`;
}
