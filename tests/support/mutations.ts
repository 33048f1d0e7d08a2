/** Settings and bytes, broken in the ways that disks, editors and other versions break them. The same for the same random numbers. */

export const goodSettings: Readonly<Record<string, object>> = {
  agent: { name: "Lobster" },
  providers: { openai: { baseUrl: "https://a.example/" } },
  access: { allowed: ["a@b.example"] },
  snapshots: { everyHours: 12 },
};

/** True when every leaf of the old text still stands in the new one, but for what was patched on purpose. */
export function holds(now: string | undefined, before: string | undefined): boolean {
  try {
    const [left, right] = [JSON.parse(now ?? "") as Record<string, unknown>, JSON.parse(before ?? "") as Record<string, unknown>];
    return Object.entries(right).every(([key, value]) => key === "name" || JSON.stringify(left[key]) === JSON.stringify(value));
  } catch {
    return false;
  }
}

export function mutate(text: string, random: () => number): string {
  const at = Math.floor(random() * text.length);
  const ways = [
    () => text.slice(0, at),
    () => text.slice(at),
    () => `${text.slice(0, at)}${String.fromCharCode(Math.floor(random() * 0x3000))}${text.slice(at + 1)}`,
    () => text.replace(/:("[^"]*"|\d+)/, `:${["null", "[]", "{}", "-1", '"x"', "1e400", "true"][Math.floor(random() * 7)]}`),
    () => text.replace(/^\{/, '{"dm":{"policy":"open"},'),
    () => `[${text}]`,
    () => "",
    () => text,
    () => text.replace(/^\{/, '{"__proto__":{"polluted":true},'),
    () => "null",
  ];
  return (ways[Math.floor(random() * ways.length)] as () => string)();
}

export function mutateBytes(bytes: Uint8Array, random: () => number): Uint8Array {
  const out = bytes.slice();
  const at = Math.floor(random() * out.length);
  const way = Math.floor(random() * 5);
  if (way === 0) return out.slice(0, at);
  if (way === 1) return new Uint8Array();
  if (way === 2) return out.fill(Math.floor(random() * 256), at, at + 1 + Math.floor(random() * 40));
  if (way === 3) return new Uint8Array([...out, ...out.slice(0, 20)]);
  out[at] = (out[at] as number) ^ (1 << Math.floor(random() * 8));
  return out;
}
