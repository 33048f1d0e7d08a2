import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { openClawVersions as built, hostedImageName } from "../../../packages/cli/src/containers/image-sources.ts";
import { imageOfVersion, openClawVersions } from "../../../packages/worker/src/containers/moltbot/versions.ts";

it("the versions that can be chosen are those that can be built, by the same names", () => {
  expect(built(fileURLToPath(new URL("../../../images", import.meta.url)))).toEqual([...openClawVersions]);
  for (const version of openClawVersions) expect(imageOfVersion(version)).toBe(hostedImageName(version));
});
