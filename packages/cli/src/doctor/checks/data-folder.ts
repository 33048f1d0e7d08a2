import { accessSync, chmodSync, constants, statSync } from "node:fs";
import { type Finding, fail, ok, skipped, warn } from "@moltworker/protocol/doctor";
import type { LocalTarget, OutsideCheck } from "../check.ts";

/** What lies in `blobs/` while the assistant runs is tried by the assistant itself. */
export const dataFolder: OutsideCheck = {
  id: "data-folder",
  title: "Data folder",
  about: "The data folder and its parts are folders that this user can write and nobody else can read.",
  run({ local }) {
    if (!local) return skipped("the assistant runs elsewhere");
    const { path } = local.folder;
    const state = statSync(path, { throwIfNoEntry: false });
    if (!state) return skipped(`${path} is made at the first start`);
    if (!state.isDirectory()) return notWritable(`${path} is a file, not a folder`);
    const broken = partsOf(local).find((part) => !isWritableFolder(part));
    if (broken) return notWritable(`${broken} is not a folder that this user can write`);
    const mode = state.mode & 0o777;
    if ((mode & 0o077) === 0) return ok(path);
    const cure = { text: "Close it to others.", command: `chmod 700 ${path}` };
    return warn("FILE_EXPOSED", `${path} is open to other users (mode ${mode.toString(8)})`, cure, true);
  },
  fix({ local }) {
    const { path } = (local as LocalTarget).folder;
    chmodSync(path, 0o700);
    return `${path} is open to its owner alone now`;
  },
};

function partsOf({ folder, run }: LocalTarget): string[] {
  const parts = [folder.path, folder.objects, folder.logs, ...(run ? [] : [folder.blobs])];
  return parts.filter((part) => statSync(part, { throwIfNoEntry: false }));
}

function isWritableFolder(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

function notWritable(cause: string): Finding {
  return fail("DATA_NOT_WRITABLE", cause, {
    text: "Give this user write permission, move what is in the way, or start with another --data folder.",
  });
}
