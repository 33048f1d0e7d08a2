/** Takes every route away from everybody but one user. Needs NET_ADMIN; returns the gateway's address. */

import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";

const table = "100";
const ownTable = "101";

export function fenceRoutes(user) {
  const routes = execFileSync("ip", ["-4", "route", "show"], { encoding: "utf8" }).trim().split("\n").filter(Boolean);
  const gateway = /^default via (\S+) dev (\S+)/.exec(routes.find((route) => route.startsWith("default")) ?? "");
  if (!gateway) throw new Error(`there is no default route: ${routes.join("; ")}`);
  const lines = [];
  for (const route of [...routes].sort((a, b) => Number(a.startsWith("default")) - Number(b.startsWith("default"))))
    lines.push(`route add ${plain(route)} table ${table}`);
  lines.push(`rule add priority 100 uidrange ${user}-${user} lookup ${table}`);
  if (filtersByReversePath(gateway[2])) {
    // Packets that come in are judged by root's routes where the machine filters that way: it may see its own network alone.
    for (const route of routes.filter((line) => !line.startsWith("default")))
      lines.push(`route add ${plain(route)} table ${ownTable}`);
    lines.push(`rule add priority 101 uidrange 0-0 lookup ${ownTable}`);
  }
  lines.push("route flush table main");
  // One process for all of them: each would take its time at every start.
  execFileSync("ip", ["-4", "-batch", "-"], { input: `${lines.join("\n")}\n` });
  if (existsSync("/proc/net/if_inet6") && readFileSync("/proc/net/if_inet6", "latin1").trim() !== "")
    execFileSync("ip", ["-6", "route", "flush", "table", "main"], { stdio: "ignore" });
  return gateway[1];
}

const plain = (route) =>
  route
    .trim()
    .split(/\s+/)
    .filter((word) => word !== "linkdown")
    .join(" ");

function filtersByReversePath(device) {
  return ["all", device].some((name) => {
    try {
      return readFileSync(`/proc/sys/net/ipv4/conf/${name}/rp_filter`, "latin1").trim() !== "0";
    } catch {
      return false;
    }
  });
}
