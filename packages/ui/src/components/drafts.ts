/** What stands in the field of each conversation; kept for this tab only. */

const prefix = "moltworker.draft.";

export function draftOf(key: string): string {
  try {
    return sessionStorage.getItem(prefix + key) ?? "";
  } catch {
    return "";
  }
}

export function keepDraft(key: string, text: string): void {
  try {
    if (text === "") sessionStorage.removeItem(prefix + key);
    else sessionStorage.setItem(prefix + key, text);
  } catch {
    // Storage is blocked: the draft lives as long as the field.
  }
}

const filler = new EventTarget();

/** Puts a text into the field on screen and the cursor after it. */
export function fillField(text: string): void {
  filler.dispatchEvent(new CustomEvent("fill", { detail: text }));
}

export function onFillField(fill: (text: string) => void): () => void {
  const listen = (event: Event) => fill((event as CustomEvent<string>).detail);
  filler.addEventListener("fill", listen);
  return () => filler.removeEventListener("fill", listen);
}
