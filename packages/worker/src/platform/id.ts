/** Opaque ids: time-sortable, 10 characters of milliseconds and 16 of randomness, lower-case base32. */

const alphabet = "0123456789abcdefghjkmnpqrstvwxyz";

export function createId(prefix: string, nowMs = Date.now()): string {
  let time = "";
  let rest = nowMs;
  for (let index = 0; index < 10; index += 1) {
    time = alphabet.charAt(rest % 32) + time;
    rest = Math.floor(rest / 32);
  }
  let random = "";
  for (const byte of crypto.getRandomValues(new Uint8Array(16))) random += alphabet.charAt(byte % 32);
  return `${prefix}_${time}${random}`;
}
