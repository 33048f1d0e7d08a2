/** The development tools need Node 22.18, which reads TypeScript; where the system's is older, the one that npm installed beside them is used. */

import { existsSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { Failure } from "./failure.mjs";

/** Path of a Node that runs the tools. Throws NODE_TOO_OLD when there is none. */
export function devNode(root, version = process.versions.node) {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major > 22 || (major === 22 && minor >= 18)) return process.execPath;
  const bundled = join(root, "node_modules", `node-${process.platform}-${process.arch}`, "bin", "node");
  if (existsSync(bundled)) return bundled;
  throw new Failure(
    "NODE_TOO_OLD",
    `the development tools need Node.js 22.18, this is ${version}`,
    "Install Node.js 22.18 or newer; `npm start` itself runs on 20.19.",
  );
}

/** The environment in which `node` and the installed tools are found first. */
export function devEnvironment(root, node) {
  return { ...process.env, PATH: [dirname(node), join(root, "node_modules", ".bin"), process.env.PATH].join(delimiter) };
}
