/** The product's version, from the one manifest that states it. */

import manifest from "../package.json";

export const version: string = manifest.version;
