/**
 * Which addresses belong to the public internet, by their text alone. Defence in depth: on one machine the network below
 * refuses private addresses again after name lookup. Pure.
 */

/** Endings of names that only mean something on a private network. */
const privateSuffixes = [
  "localhost",
  "local",
  "localdomain",
  "internal",
  "intranet",
  "lan",
  "home",
  "corp",
  "private",
  "home.arpa",
  "onion",
];

/** Everything IANA does not give out for public use: base address and prefix length. */
const privateIpv4: readonly [base: string, bits: number][] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
];

/**
 * Why this URL may not be contacted as a public address, as the end of a sentence; undefined when it may. The URL parser
 * has already turned every spelling of an IPv4 address (hex, octal, short, full-width digits …) into four decimal numbers.
 */
export function whyNotPublic(url: URL): string | undefined {
  const host = url.hostname.toLowerCase();
  if (host.startsWith("[")) return isPublicIpv6(host.slice(1, -1)) ? undefined : "is not a public IPv6 address";
  if (/^\d+(\.\d+){3}$/.test(host)) return isPublicIpv4(host) ? undefined : "is not a public IPv4 address";
  const name = host.replace(/\.+$/, "");
  if (!name.includes(".")) return "is a name of this machine or a local network";
  if (privateSuffixes.some((suffix) => name === suffix || name.endsWith(`.${suffix}`))) return "is a name of a local network";
  return undefined;
}

function isPublicIpv4(text: string): boolean {
  const address = ipv4Number(text);
  return !privateIpv4.some(([base, bits]) => (address ^ ipv4Number(base)) >>> (32 - bits) === 0);
}

function ipv4Number(text: string): number {
  return text.split(".").reduce((sum, part) => ((sum << 8) | Number(part)) >>> 0, 0);
}

/**
 * Only global unicast (2000::/3) without the ranges inside it that lead elsewhere: Teredo and other special uses
 * (2001::/23), documentation (2001:db8::/32, 3fff::/20) and 6to4 (2002::/16). So mapped, compatible, NAT64, unique-local,
 * link-local and multicast addresses are all out.
 */
function isPublicIpv6(text: string): boolean {
  const [first = 0, second = 0] = ipv6Groups(text);
  if (first >>> 13 !== 1) return false;
  if (first === 0x2001 && (second < 0x200 || second === 0xdb8)) return false;
  return first !== 0x2002 && !(first === 0x3fff && second < 0x1000);
}

/** Eight numbers of an address as the URL parser writes it (hex groups, at most one `::`). */
function ipv6Groups(text: string): number[] {
  const [head = "", tail] = text.split("::");
  const numbers = (part: string) =>
    part
      .split(":")
      .filter(Boolean)
      .map((group) => Number.parseInt(group, 16));
  const left = numbers(head);
  const right = numbers(tail ?? "");
  return [...left, ...Array<number>(Math.max(0, 8 - left.length - right.length)).fill(0), ...right];
}
