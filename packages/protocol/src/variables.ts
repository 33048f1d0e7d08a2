/**
 * Environment variables that seed the configuration. One list for the supervisor (which hands them to workerd), the
 * Worker (which reads them once) and the documentation. A value from here never overwrites what was typed in the UI.
 */
export const seedVariables = [
  "MOLTBOT_GATEWAY_TOKEN",
  "OPENCLAW_GATEWAY_TOKEN",
  "CLAWDBOT_GATEWAY_TOKEN",
  "MOLTWORKER_MODEL",
  /** Not a setting, read at every start: host names besides local ones that the server answers to, separated by commas. */
  "MOLTWORKER_ALLOWED_HOSTS",
  "CF_ACCESS_TEAM_DOMAIN",
  "CF_ACCESS_AUD",
  /** Known only to be reported: both once opened a door, and here they open none. */
  "DEV_MODE",
  "E2E_TEST_MODE",
  "ANTHROPIC_API_KEY",
  "ANTHROPIC_BASE_URL",
  "OPENAI_API_KEY",
  "OPENAI_BASE_URL",
  "GEMINI_API_KEY",
  "GOOGLE_API_KEY",
  "GEMINI_BASE_URL",
  "OPENROUTER_API_KEY",
  "OPENROUTER_BASE_URL",
  "GROQ_API_KEY",
  "GROQ_BASE_URL",
  "DEEPSEEK_API_KEY",
  "DEEPSEEK_BASE_URL",
  "MISTRAL_API_KEY",
  "MISTRAL_BASE_URL",
  "XAI_API_KEY",
  "XAI_BASE_URL",
  "OPENAI_COMPATIBLE_API_KEY",
  "OPENAI_COMPATIBLE_BASE_URL",
  "OLLAMA_HOST",
  "LMSTUDIO_BASE_URL",
] as const;

export type SeedVariable = (typeof seedVariables)[number];
