/** Opaque ids: time-sortable, 10 characters of milliseconds and 16 of randomness, lower-case base32. */

const alphabet = "0123456789abcdefghjkmnpqrstvwxyz";

const randomLength = 16;
/** Drawn by the hundred: asking the platform costs as much for one. */
const pool = new Uint8Array(128 * randomLength);
let drawn = pool.length;

export function createId(prefix: string, nowMs = Date.now()): string {
  let time = "";
  let rest = nowMs;
  for (let index = 0; index < 10; index += 1) {
    time = alphabet.charAt(rest % 32) + time;
    rest = Math.floor(rest / 32);
  }
  let random = "";
  if (drawn === pool.length) {
    crypto.getRandomValues(pool);
    drawn = 0;
  }
  for (const end = drawn + randomLength; drawn < end; drawn += 1) random += alphabet.charAt((pool[drawn] as number) % 32);
  return `${prefix}_${time}${random}`;
}
