import { ok, warn } from "@moltworker/protocol/doctor";
import type { AssistantCheck } from "../check.ts";

/** A deployment or an update that did not reach what runs is said, instead of leaving people to clear caches. */
export const build: AssistantCheck = {
  id: "build",
  title: "Running build",
  about: "The build that runs is the one on disk, or the one that was deployed.",
  run({ builds }) {
    const wanted = builds.wanted();
    const { id, version } = builds.running;
    if (!wanted || !builds.isBehind()) return ok(`version ${version}, build ${id}`);
    const where = wanted.by === "files" ? "lies on disk" : "was deployed";
    const text = "Restart the assistant: nothing is lost.";
    const cure = { text, open: "#/admin/version", ...(wanted.by === "files" ? { command: "npx moltworker restart" } : {}) };
    return warn(
      "VERSION_BEHIND",
      `build ${wanted.id} of version ${wanted.version} ${where}, and build ${id} of ${version} runs`,
      cure,
    );
  },
};
