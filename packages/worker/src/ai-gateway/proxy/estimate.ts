/** Tokens where nobody counted: of a request before it leaves, and of an answer that was cut before it said. */

const charactersPerToken = 4;
/** A picture or a file costs about this much, whatever its bytes. */
const pictureTokens = 1_500;
const longData = 4_096;

/** Tokens of a request's JSON: its texts at four characters each, pictures at a fixed sum. */
export function inputTokensOf(body: unknown): number {
  let characters = 0;
  let pictures = 0;
  const walk = (value: unknown, depth: number): void => {
    if (typeof value === "string") {
      if (value.startsWith("data:") || (value.length > longData && isBase64(value))) pictures += 1;
      else characters += value.length;
    } else if (typeof value === "object" && value !== null && depth < 40) {
      for (const item of Object.values(value)) walk(item, depth + 1);
      characters += 4;
    }
  };
  walk(body, 0);
  return Math.ceil(characters / charactersPerToken) + pictures * pictureTokens;
}

/** By its first bytes: prose has spaces. */
const isBase64 = (value: string): boolean => /^[A-Za-z0-9+/_-]{256}/.test(value);

/** The most that the answer may be, as the request says in its dialect. */
export function maxOutputOf(body: Record<string, unknown>): number | undefined {
  const config = body.generationConfig ?? body.inferenceConfig;
  const inner = typeof config === "object" && config !== null ? (config as Record<string, unknown>) : {};
  for (const value of [
    body.max_completion_tokens,
    body.max_tokens,
    body.max_output_tokens,
    inner.maxOutputTokens,
    inner.maxTokens,
  ])
    if (typeof value === "number" && value >= 0) return Math.ceil(value);
  return undefined;
}

const sampleBytes = 8_192;
const spoken: ReadonlySet<string> = new Set([
  "content",
  "text",
  "thinking",
  "reasoning",
  "reasoning_content",
  "partial_json",
  "arguments",
  "delta",
]);

/** What was generated in a stream that never said: the share of generated text in its beginning, carried on to all its bytes. */
export class OutputEstimate {
  private bytes = 0;
  private readonly sample: Uint8Array[] = [];
  private sampled = 0;

  push(chunk: Uint8Array): void {
    this.bytes += chunk.length;
    if (this.sampled >= sampleBytes) return;
    this.sample.push(chunk);
    this.sampled += chunk.length;
  }

  tokens(): number {
    if (this.bytes === 0) return 0;
    const decoder = new TextDecoder();
    const text = this.sample.map((chunk) => decoder.decode(chunk, { stream: true })).join("");
    let characters = 0;
    for (const line of text.split(/\r?\n/)) {
      if (!line.startsWith("data:")) continue;
      try {
        characters += spokenCharacters(JSON.parse(line.slice(5)));
      } catch {
        // Cut in the middle, or no JSON.
      }
    }
    return Math.ceil((characters / Math.max(1, this.sampled)) * this.bytes * (1 / charactersPerToken));
  }
}

function spokenCharacters(value: unknown, depth = 0): number {
  if (typeof value !== "object" || value === null || depth > 12) return 0;
  let count = 0;
  for (const [name, item] of Object.entries(value)) {
    if (typeof item === "string") count += spoken.has(name) ? item.length : 0;
    else count += spokenCharacters(item, depth + 1);
  }
  return count;
}
