/** Every model provider of the product, in the order in which the first ready one becomes the default. The demo is last. */

import type { Provider } from "../ai-gateway/provider.ts";
import { anthropic } from "../ai-gateway/providers/anthropic.ts";
import { deepseek } from "../ai-gateway/providers/deepseek.ts";
import { demo } from "../ai-gateway/providers/demo.ts";
import { google } from "../ai-gateway/providers/google.ts";
import { groq } from "../ai-gateway/providers/groq.ts";
import { lmstudio } from "../ai-gateway/providers/lmstudio.ts";
import { mistral } from "../ai-gateway/providers/mistral.ts";
import { ollama } from "../ai-gateway/providers/ollama.ts";
import { openai } from "../ai-gateway/providers/openai.ts";
import { openaiCompatible } from "../ai-gateway/providers/openai-compatible.ts";
import { openrouter } from "../ai-gateway/providers/openrouter.ts";
import { xai } from "../ai-gateway/providers/xai.ts";

export const providers: readonly Provider[] = [
  anthropic,
  openai,
  google,
  openrouter,
  mistral,
  xai,
  deepseek,
  groq,
  openaiCompatible,
  ollama,
  lmstudio,
  demo,
];
