/** Versions of OpenClaw that can be hosted, the newest first. `images/moltbot/versions/` has the lockfile of each. */

export const openClawVersions = ["2026.9.6", "2026.9.5"] as const;

/** The name under which the runtime knows the image. */
export const imageOfVersion = (version: string) => `moltbot-${version}`;

/** Below 0: `a` is older. Versions are a year, a month and a number. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.split(".").map(Number));
  for (let at = 0; at < 3; at += 1) {
    const difference = (left?.[at] ?? 0) - (right?.[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
