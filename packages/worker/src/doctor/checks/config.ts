import { fail, ok, warn } from "@moltworker/protocol/doctor";
import type { AssistantCheck, CheckContext } from "../check.ts";

const fromEnvironment = "from the environment: ";

/** An invalid value stops nothing: its section runs on defaults. This says which value, and what it should be. */
export const config: AssistantCheck = {
  id: "config",
  title: "Settings",
  about: "Every stored setting, and every setting given by a variable, is valid; an invalid one is named with its path and type.",
  run(context) {
    const { issues, warnings } = context.config.snapshot();
    const [first, ...more] = issues;
    if (first) {
      const others = more.length > 0 ? ` (and ${more.length} more)` : "";
      const cause = `the setting ${first.path}: ${first.message}${others}; its section runs on defaults`;
      if (first.message.startsWith(fromEnvironment))
        return fail("CONFIG_INVALID", cause, { text: "Correct the variable that gives this setting, then start again." });
      const text = "Drop the invalid value, so that the rest of its section holds again.";
      return fail("CONFIG_INVALID", cause, { text, command: "moltworker doctor --fix" }, true);
    }
    const [unknown] = warnings;
    if (unknown) {
      const cause = `the setting ${unknown.path}: ${unknown.message}${warnings.length > 1 ? ` (and ${warnings.length - 1} more)` : ""}`;
      return warn("CONFIG_INVALID", cause, { text: "Drop the unknown setting.", command: "moltworker doctor --fix" }, true);
    }
    return ok("every setting is valid");
  },
  fix(context) {
    const { issues, warnings } = context.config.snapshot();
    const paths = [...issues, ...warnings].filter(({ message }) => !message.startsWith(fromEnvironment)).map(({ path }) => path);
    drop(context, paths);
    return `dropped ${paths.join(", ")}; the former value stays in the history of settings`;
  },
};

/** A value inside a list goes with its list: a merge patch cannot reach into one. */
function drop({ config: settings }: CheckContext, paths: string[]): void {
  const patch: Record<string, unknown> = {};
  for (const path of paths) {
    const whole = path.split(".");
    const index = whole.findIndex((part, place) => place > 0 && /^\d+$/.test(part));
    const parts = index === -1 ? whole : whole.slice(0, index);
    let at = patch;
    for (const part of parts.slice(0, -1)) {
      const below = at[part];
      if (below === null) break;
      at[part] = below ?? {};
      at = at[part] as Record<string, unknown>;
    }
    at[parts.at(-1) as string] = null;
  }
  settings.patch(patch, { changedBy: "doctor" });
}
