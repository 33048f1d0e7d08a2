import { type Finding, ok, skipped, warn } from "@moltworker/protocol/doctor";
import { type ErrorCode, errorTable } from "@moltworker/protocol/errors";
import type { AssistantCheck } from "../check.ts";

/** Containers are an addition: without them all else works, so that nothing here is a failure of the assistant. */
export const containersCheck: AssistantCheck = {
  id: "containers",
  title: "Containers",
  about:
    "Where a sandbox can be had: its engine answers, its images are there, what runs is what is wanted, and each credential has its value.",
  async run({ containers }): Promise<Finding> {
    const report = await containers.report();
    const image = report.containers.every(({ wantedImage }) => wantedImage !== null);
    if (!report.available && report.engineVersion && image)
      return warn("CONTAINER_IMAGE_MISSING", report.cause ?? errorTable.CONTAINER_IMAGE_MISSING.cause, {
        text: "Build the images.",
        command: "moltworker containers build",
      });
    if (!report.available) return skipped(`no containers here: ${report.cause} (${report.cure})`);
    const failed = report.containers.find(({ state }) => state === "failed");
    if (failed?.reason)
      return warn(
        (failed.reason.code in errorTable ? failed.reason.code : "CONTAINER_FAILED") as ErrorCode,
        `${failed.id}: ${failed.reason.cause}`,
        {
          text: failed.reason.cure.replaceAll("`", ""),
          open: "#/admin/containers",
        },
      );
    const again = report.containers.find(({ state, waiting }) => state === "starting" && waiting !== null);
    if (again)
      return warn("CONTAINER_FAILED", `${again.id}: ${again.waiting}`, {
        text: "Nothing needs doing, unless it comes again: then its last lines say why.",
        command: `moltworker containers logs ${again.id}`,
      });
    const stale = report.containers.find(
      ({ waiting, runningImage, wantedImage }) => waiting !== null || (runningImage !== null && runningImage !== wantedImage),
    );
    if (stale)
      return warn(
        "CONTAINER_STALE",
        `${stale.id} runs generation ${stale.generation} with ${stale.waiting ?? "an older image"}`,
        {
          text: "It changes with its next start.",
          command: "moltworker containers restart",
        },
      );
    const unset = report.credentials.filter(({ isSet }) => !isSet).map(({ host }) => host);
    if (unset.length > 0)
      return warn("CONTAINER_CREDENTIAL_MISSING", `the sandbox is refused by name: no value is kept for ${unset.join(", ")}`, {
        text: "Give it its value, or take the host out of the settings.",
        command: `moltworker credentials set ${unset[0]}`,
      });
    const running = report.containers.filter(({ state }) => state === "ready").length;
    return ok(`they can be had (${report.engine} ${report.engineVersion ?? ""}); ${running} running`.replace(" )", ")"));
  },
};
