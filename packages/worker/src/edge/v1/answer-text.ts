/**
 * The text of a run as one growing answer. A run may say something in several steps, and a step may be made again when its
 * provider broke off; what has gone out cannot be taken back, so only ever the missing rest goes out. Pure.
 */

/** Between the texts of two steps; the same in answers that are not streamed. */
export const stepBreak = "\n\n";
const beginsAgain = "\n\n[The answer begins again.]\n\n";

export interface AnswerText {
  /** The step's text so far. */
  partial(text: string): void;
  /** The step is in the log with this text. */
  committed(text: string): void;
}

export function createAnswerText(send: (delta: string) => void): AnswerText {
  let anything = false;
  /** What went out of the present step. */
  let sent = "";

  const show = (text: string, whole: boolean): void => {
    if (text === sent) return;
    // A step that is made again often repeats itself: wait until it has caught up.
    if (!whole && sent.startsWith(text)) return;
    if (text.startsWith(sent)) send(`${sent === "" && anything ? stepBreak : ""}${text.slice(sent.length)}`);
    else send(`${beginsAgain}${text}`);
    sent = text;
    anything = true;
  };

  return {
    partial: (text) => show(text, false),
    committed(text) {
      if (text !== "") show(text, true);
      sent = "";
    },
  };
}
