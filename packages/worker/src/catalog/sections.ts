/** Every config section of the product. */

import type { z } from "zod";
import { addressSeeds } from "../ai-gateway/seeds.ts";
import { agentSection } from "../config/sections/agent.ts";
import { providersSection } from "../config/sections/providers.ts";
import type { Seeds } from "../env.ts";
import { providers } from "./providers.ts";

export const sections = [agentSection, { ...providersSection, seed: (seeds: Seeds) => addressSeeds(providers, seeds) }] as const;

export type Settings = { [S in (typeof sections)[number] as S["name"]]: z.infer<S["schema"]> };
