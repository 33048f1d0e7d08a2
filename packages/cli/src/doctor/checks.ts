/**
 * Every check from outside, in the order in which they are made: first this machine, then the way to the assistant, then
 * who is let in. A check that follows from one that failed is skipped.
 */

import type { OutsideCheck } from "./check.ts";
import { access } from "./checks/access.ts";
import { dataFolder } from "./checks/data-folder.ts";
import { database } from "./checks/database.ts";
import { date } from "./checks/date.ts";
import { disk } from "./checks/disk.ts";
import { door } from "./checks/door.ts";
import { lock } from "./checks/lock.ts";
import { name } from "./checks/name.ts";
import { port } from "./checks/port.ts";
import { product } from "./checks/product.ts";
import { reachable } from "./checks/reachable.ts";
import { running } from "./checks/running.ts";
import { tls } from "./checks/tls.ts";
import { token } from "./checks/token.ts";
import { tokenFile } from "./checks/token-file.ts";
import { upgrade } from "./checks/upgrade.ts";
import { versionBehind } from "./checks/version.ts";
import { workerd } from "./checks/workerd.ts";

export const outsideChecks: readonly OutsideCheck[] = [
  workerd,
  dataFolder,
  disk,
  database,
  lock,
  port,
  running,
  name,
  reachable,
  tls,
  access,
  product,
  door,
  upgrade,
  date,
  tokenFile,
  token,
  versionBehind,
];
