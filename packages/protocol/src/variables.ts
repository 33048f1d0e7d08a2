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
  "TELEGRAM_BOT_TOKEN",
  "TELEGRAM_DM_POLICY",
  "TELEGRAM_DM_ALLOW_FROM",
  /** A Bot API server of your own. */
  "TELEGRAM_API_BASE_URL",
  /** Public https address, where the providers of channels reach the assistant. */
  "WORKER_URL",
  "CLOUDFLARE_AI_GATEWAY_API_KEY",
  "CF_AI_GATEWAY_ACCOUNT_ID",
  "CF_AI_GATEWAY_GATEWAY_ID",
  "CF_AI_GATEWAY_URL",
  /** moltworker's bucket: together they are where snapshots go. */
  "R2_ACCESS_KEY_ID",
  "R2_SECRET_ACCESS_KEY",
  "R2_BUCKET_NAME",
  "BACKUP_BUCKET_NAME",
  "CF_ACCOUNT_ID",
] as const;

/** Of a gateway token as UTF-8, without the white space around it. */
export const MAX_GATEWAY_TOKEN_BYTES = 512;

export type SeedVariable = (typeof seedVariables)[number];

/**
 * Variables of other deployments (moltworker, Clawdbot, OpenClaw) that nothing reads here, each with what there is instead. A
 * name that is read later stands in `seedVariables`, which outranks this table.
 */
const replacements: Readonly<Record<string, string>> = {
  OPENCLAW_DEV_MODE: "signing in with the link that `npx moltworker link` prints",
  CLAWDBOT_DEV_MODE: "signing in with the link that `npx moltworker link` prints",
  OPENCLAW_BIND_MODE: "`npm start -- --host` for the address to listen on",
  CLAWDBOT_BIND_MODE: "`npm start -- --host` for the address to listen on",
  OPENCLAW_GATEWAY_PASSWORD: "MOLTBOT_GATEWAY_TOKEN: one secret serves as token and as password",
  CLAWDBOT_GATEWAY_PASSWORD: "MOLTBOT_GATEWAY_TOKEN: one secret serves as token and as password",
  DEBUG_ROUTES: "signing in: /debug/version and /debug/env answer the owner, and no route runs a command",
  SANDBOX_SLEEP_AFTER: "nothing: no container holds the gateway, so nothing has to stay awake",
  CLOUDFLARE_AI_GATEWAY_API_KEY: "the built-in AI gateway; give it the provider's own key under Settings, Models",
  CF_AI_GATEWAY_ACCOUNT_ID: "the built-in AI gateway; give it the provider's own key under Settings, Models",
  CF_AI_GATEWAY_GATEWAY_ID: "the built-in AI gateway; give it the provider's own key under Settings, Models",
  CF_AI_GATEWAY_MODEL: "MOLTWORKER_MODEL, as provider/model",
  AI_GATEWAY_API_KEY: "the provider's own variable, such as ANTHROPIC_API_KEY",
  AI_GATEWAY_BASE_URL: "the provider's own variable, such as ANTHROPIC_BASE_URL",
  DISCORD_BOT_TOKEN: "nothing yet: this version has no Discord channel",
  DISCORD_DM_POLICY: "nothing yet: this version has no Discord channel",
  SLACK_BOT_TOKEN: "nothing yet: this version has no Slack channel",
  SLACK_APP_TOKEN: "nothing yet: this version has no Slack channel",
  R2_ACCESS_KEY_ID: "nothing: every change is stored before it is answered, and no bucket has to be synced",
  R2_SECRET_ACCESS_KEY: "nothing: every change is stored before it is answered, and no bucket has to be synced",
  R2_BUCKET_NAME: "nothing: every change is stored before it is answered, and no bucket has to be synced",
  BACKUP_BUCKET_NAME: "nothing: every change is stored before it is answered, and no bucket has to be synced",
  CF_ACCOUNT_ID: "the account that `npm run deploy` asks for",
  CLOUDFLARE_ACCOUNT_ID: "the account that `npm run deploy` asks for",
  CDP_SECRET: "nothing: no browser is offered to the outside here",
  CRON_WAKE_AHEAD_MINUTES: "nothing: the assistant wakes by its own alarm, on time",
};

/** Names that nothing here reads. */
export const unusedVariables: readonly string[] = Object.keys(replacements).filter(
  (name) => !(seedVariables as readonly string[]).includes(name),
);

/** What there is in place of a variable of `unusedVariables`. */
export function replacementOf(name: string): string {
  return replacements[name] ?? "nothing";
}

/** Whether a variable of that name holds a secret, which no log and no page may repeat. */
export const isSecretVariable = (name: string): boolean => /_(KEY|TOKEN|SECRET|PASSWORD)(_ID)?$/.test(name);
