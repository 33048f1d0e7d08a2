/** Takes every route away from everybody but one user. Needs NET_ADMIN; returns the gateway's address. */

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

const table = "100";

export function fenceRoutes(user) {
  const ip = (...args) => execFileSync("ip", args, { encoding: "utf8" });
  const routes = ip("-4", "route", "show").trim().split("\n").filter(Boolean);
  const gateway = /^default via (\S+) dev (\S+)/.exec(routes.find((route) => route.startsWith("default")) ?? "");
  if (!gateway) throw new Error(`there is no default route: ${routes.join("; ")}`);
  for (const route of [...routes].sort((a, b) => Number(a.startsWith("default")) - Number(b.startsWith("default"))))
    ip(
      "-4",
      "route",
      "add",
      ...route
        .trim()
        .split(/\s+/)
        .filter((word) => word !== "linkdown"),
      "table",
      table,
    );
  ip("-4", "rule", "add", "priority", "100", "uidrange", `${user}-${user}`, "lookup", table);
  if (filtersByReversePath(gateway[2])) {
    // Packets that come in are judged by root's routes where the machine filters that way: it may see its own network alone.
    for (const route of routes.filter((line) => !line.startsWith("default")))
      ip("-4", "route", "add", ...route.trim().split(/\s+/), "table", "101");
    ip("-4", "rule", "add", "priority", "101", "uidrange", "0-0", "lookup", "101");
  }
  ip("-4", "route", "flush", "table", "main");
  try {
    ip("-6", "route", "flush", "table", "main");
  } catch {
    // No IPv6 here.
  }
  return gateway[1];
}

function filtersByReversePath(device) {
  return ["all", device].some((name) => {
    try {
      return readFileSync(`/proc/sys/net/ipv4/conf/${name}/rp_filter`, "latin1").trim() !== "0";
    } catch {
      return false;
    }
  });
}
