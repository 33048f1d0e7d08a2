/** Every config section of the product. */

import type { z } from "zod";
import { accessSection } from "../config/sections/access.ts";
import { agentSection } from "../config/sections/agent.ts";
import { assistantSection } from "../config/sections/assistant.ts";
import { channelsSection } from "../config/sections/channels.ts";
import { containersSection } from "../config/sections/containers.ts";
import { gatewaySection } from "../config/sections/gateway.ts";
import { hooksSection } from "../config/sections/hooks.ts";
import { httpApiSection } from "../config/sections/http-api.ts";
import { limitsSection } from "../config/sections/limits.ts";
import { providersSection } from "../config/sections/providers.ts";
import { snapshotsSection } from "../config/sections/snapshots.ts";

export const sections = [
  agentSection,
  providersSection,
  accessSection,
  limitsSection,
  httpApiSection,
  gatewaySection,
  channelsSection,
  hooksSection,
  snapshotsSection,
  containersSection,
  assistantSection,
] as const;

export type Settings = { [S in (typeof sections)[number] as S["name"]]: z.infer<S["schema"]> };
