import { fail, ok, skipped } from "@moltworker/protocol/doctor";
import { moltErrorFrom } from "@moltworker/protocol/errors";
import { findBuiltFiles, findWorkerd } from "../../supervisor/workerd-binary.ts";
import type { OutsideCheck } from "../check.ts";

export const workerd: OutsideCheck = {
  id: "workerd",
  title: "Program files",
  about: "The workerd binary for this machine is installed, and the Worker and the UI are built.",
  run({ local }) {
    if (!local) return skipped("the assistant runs elsewhere");
    try {
      findBuiltFiles();
      return ok(findWorkerd());
    } catch (thrown) {
      const error = moltErrorFrom(thrown);
      return fail(error.code, error.message, { text: error.hint });
    }
  },
};
