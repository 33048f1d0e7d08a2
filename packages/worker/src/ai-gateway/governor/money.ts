/** Money as whole nanodollars: sums of integers are exact, so a limit is a limit. */

/** US dollars in one unit: a billionth. 2^53 of them are nine million dollars. */
const perDollar = 1e9;

/** Up, so that a reservation is never less than the price. */
export const nanoCeil = (usd: number): number => Math.max(0, Math.ceil(usd * perDollar - 1e-6));
export const nanoFrom = (usd: number): number => Math.round(usd * perDollar);
export const usdFrom = (nano: number): number => nano / perDollar;

/** `$0.0012`, `$3.40`: two significant digits below a cent, cents above. */
export function dollars(usd: number): string {
  if (usd !== 0 && Math.abs(usd) < 0.01) return `$${Number(usd.toPrecision(2))}`;
  return `$${usd.toFixed(2)}`;
}
