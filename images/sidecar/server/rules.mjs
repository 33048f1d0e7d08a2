/** What may be reached: names that the owner allows, on the two web ports, and only at public addresses. */

import { lookup } from "node:dns/promises";
import { BlockList, isIP } from "node:net";

const ports = new Set([80, 443]);

const notPublic = new BlockList();
for (const [network, bits] of [
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
])
  notPublic.addSubnet(network, bits, "ipv4");
for (const [network, bits] of [
  ["::", 96],
  ["64:ff9b::", 96],
  ["100::", 64],
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["fc00::", 7],
  ["fe80::", 10],
  ["ff00::", 8],
])
  notPublic.addSubnet(network, bits, "ipv6");

export function isPublic(address) {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped) return !notPublic.check(mapped, "ipv4");
  return isIP(address) === 0 ? false : !notPublic.check(address, isIP(address) === 4 ? "ipv4" : "ipv6");
}

/** `{allow: ["*.npmjs.org", "*"], credentials: ["api.example.com"], secret}`; anything else allows nothing. */
export function readRules(text) {
  const none = { allow: [], credentials: [], secret: "" };
  try {
    return { ...none, ...JSON.parse(text) };
  } catch {
    return none;
  }
}

export function isAllowed(rules, host) {
  const name = host.toLowerCase().replace(/\.$/, "");
  return rules.allow.some((pattern) => {
    if (pattern === "*") return true;
    if (pattern.startsWith("*.")) return name.endsWith(pattern.slice(1));
    return name === pattern.toLowerCase();
  });
}

/** The address to dial. Throws with the reason, in words, when it may not be reached. */
export async function resolveAllowed(rules, host, port) {
  const name = host.replace(/^\[|\]$/g, "");
  if (!isAllowed(rules, name) && rules.credentials.includes(name))
    throw refusal(`ask for http://${name}/ instead: the owner's credential is added on the way, which goes on by https`);
  if (!isAllowed(rules, name)) throw refusal(`${name} is not on the list of what this container may reach`);
  if (!ports.has(port)) throw refusal(`port ${port} may not be reached`);
  let addresses;
  try {
    addresses = isIP(name) ? [{ address: name, family: isIP(name) }] : await lookup(name, { all: true });
  } catch {
    throw Object.assign(new Error(`${name} has no address`), { status: 502 });
  }
  const found = addresses.find(({ family }) => family === 4) ?? addresses[0];
  // One private address among public ones is a trap, not a choice.
  if (!found || addresses.some(({ address }) => !isPublic(address))) throw refusal(`${name} is a private address`);
  return found.address;
}

const refusal = (message) => Object.assign(new Error(message), { status: 403 });
