/** The product's version, from the one manifest that states it. */

export { version } from "../package.json";
