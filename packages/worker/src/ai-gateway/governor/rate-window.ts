/**
 * Counts within a span of time. Fixed: since the span's last multiple. Sliding: in slices of a twentieth, the oldest counted
 * whole, so that no true span ever holds more than the limit.
 */

const slicesPerWindow = 20;

export class RateWindow {
  private readonly spanMs: number;
  private readonly sliceMs: number;
  private readonly slices = new Map<number, number>();
  private sum = 0;

  constructor(seconds: number, kind: "fixed" | "sliding") {
    this.spanMs = seconds * 1_000;
    this.sliceMs = kind === "fixed" ? this.spanMs : Math.max(1, Math.ceil(this.spanMs / slicesPerWindow));
  }

  count(now: number): number {
    this.forget(now);
    return this.sum;
  }

  add(now: number, amount: number): void {
    this.forget(now);
    const slice = Math.floor(now / this.sliceMs);
    this.slices.set(slice, (this.slices.get(slice) ?? 0) + amount);
    this.sum += amount;
  }

  /** Corrects what was added at `then`; nothing when that is forgotten. */
  correct(then: number, difference: number): void {
    const slice = Math.floor(then / this.sliceMs);
    const held = this.slices.get(slice);
    if (held === undefined) return;
    const next = Math.max(0, held + difference);
    this.slices.set(slice, next);
    this.sum += next - held;
  }

  /** Milliseconds until `amount` more fits under `limit`; the whole span when it never does. */
  waitMs(now: number, amount: number, limit: number): number {
    this.forget(now);
    let over = this.sum + amount - limit;
    for (const [slice, held] of [...this.slices].sort(([left], [right]) => left - right)) {
      over -= held;
      if (over <= 0) return Math.max(1, this.endOf(slice) - now);
    }
    return this.spanMs;
  }

  isIdle(now: number): boolean {
    this.forget(now);
    return this.slices.size === 0;
  }

  /** The moment from which a slice no longer counts. */
  private endOf(slice: number): number {
    const fixed = this.sliceMs === this.spanMs;
    return (slice + 1) * this.sliceMs + (fixed ? 0 : this.spanMs);
  }

  private forget(now: number): void {
    for (const [slice, held] of this.slices) {
      if (this.endOf(slice) > now) break;
      this.slices.delete(slice);
      this.sum -= held;
    }
  }
}
