/** Recognises a secret of another kind in a field where it does not belong. The secret itself is never repeated. */

interface Shape {
  pattern: RegExp;
  /** With its article: "a Telegram bot token". */
  what: string;
  /** Providers whose key has this shape; none for what is no model provider's. */
  providers: readonly string[];
}

const shape = (pattern: RegExp, what: string, ...providers: string[]): Shape => ({ pattern, what, providers });

const shapes: readonly Shape[] = [
  shape(/^https?:\/\/|\/#[\w-]{20,}$/, "a link; open it in the browser instead of pasting it"),
  shape(/^\d{6,}:[\w-]{30,}$/, "a Telegram bot token"),
  shape(/^sk-ant-/, "an Anthropic API key", "anthropic"),
  shape(/^sk-or-/, "an OpenRouter API key", "openrouter"),
  shape(/^sk-/, "an OpenAI API key", "openai", "deepseek"),
  shape(/^xai-/, "an xAI API key", "xai"),
  shape(/^gsk_/, "a Groq API key", "groq"),
  shape(/^AIza/, "a Google API key", "google"),
  shape(/^xox[abprs]-|^xapp-/, "a Slack token"),
  shape(/^(gh[opsu]|github_pat)_/, "a GitHub token"),
  shape(/^eyJ[\w-]+\.[\w-]+\./, "a signed identity token (JWT)"),
  shape(/^[MNO][\w-]{23,}\.[\w-]{6}\.[\w-]{27,}$/, "a Discord bot token"),
  shape(/^hook_[\w-]{43}$/, "the hook token, which is for webhooks alone"),
  shape(/^molt_[\w-]{43}$/, "an API token of this assistant, which is for programs"),
];
/** Forty characters may also be a secret of one's own making. */
const cloudflareShape = /^[\w-]{40}$/;

/** "a Telegram bot token", or undefined when the shape says nothing. */
export function kindOfSecret(secret: string): string | undefined {
  const certain = certainKindOf(secret);
  return certain ?? (cloudflareShape.test(secret) ? "a Cloudflare API token, such as AI Gateway's" : undefined);
}

/** The same, where the shape leaves no doubt. */
export function certainKindOf(secret: string): string | undefined {
  return shapes.find(({ pattern }) => pattern.test(secret))?.what;
}

/** What a value in a provider's key field certainly is, when it is no key of that provider. */
export function foreignKeyKind(provider: string, key: string): string | undefined {
  const found = shapes.find(({ pattern }) => pattern.test(key));
  return found && !found.providers.includes(provider) ? found.what : undefined;
}
