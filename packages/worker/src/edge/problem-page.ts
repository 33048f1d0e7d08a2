/** A refusal as a page, for where the built UI cannot speak: cause, cure, code, one button. */

import { errorTable, type MoltError } from "@moltworker/protocol/errors";
import { escapeHtml, prose, sentence, standalonePage } from "./standalone-page.ts";

interface Problem {
  title: string;
  error: MoltError;
  /** Where the button leads: a path of this server. */
  action?: { label: string; path: string };
}

export function problemPage({ title, error, action }: Problem): Response {
  const button = action && `<a class="button" href="${escapeHtml(action.path)}">${escapeHtml(action.label)}</a>`;
  return standalonePage({
    status: errorTable[error.code].http,
    title,
    main: `
<h1>${escapeHtml(title)}</h1>
<p role="alert">${prose(sentence(error.message))}</p>
<p>${prose(error.hint)}</p>
<p><small>${error.code}</small></p>
${button ? `<p class="actions">${button}</p>` : ""}
`,
  });
}
