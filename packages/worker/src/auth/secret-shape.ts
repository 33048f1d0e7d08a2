/** Recognises a secret of another kind pasted where the gateway token belongs. The secret itself is never repeated. */

const shapes: readonly (readonly [pattern: RegExp, what: string])[] = [
  [/^https?:\/\/|\/#[\w-]{20,}$/, "a link; open it in the browser instead of pasting it"],
  [/^\d{6,}:[\w-]{30,}$/, "a Telegram bot token"],
  [/^sk-ant-/, "an Anthropic API key"],
  [/^sk-or-/, "an OpenRouter API key"],
  [/^sk-/, "an OpenAI API key"],
  [/^xai-/, "an xAI API key"],
  [/^gsk_/, "a Groq API key"],
  [/^AIza/, "a Google API key"],
  [/^xox[abprs]-/, "a Slack token"],
  [/^(gh[opsu]|github_pat)_/, "a GitHub token"],
  [/^eyJ[\w-]+\.[\w-]+\./, "a signed identity token (JWT)"],
  [/^[MNO][\w-]{23,}\.[\w-]{6}\.[\w-]{27,}$/, "a Discord bot token"],
  [/^molt_[\w-]{43}$/, "an API token of this assistant, which is for programs"],
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
  return shapes.find(([pattern]) => pattern.test(secret))?.[1];
}
