/** Questions to the person at the terminal. Where nobody can answer, `ask` gives undefined and the caller decides or refuses. */

import { createInterface } from "node:readline/promises";

export interface Questions {
  /** False when nobody is there, or nobody wants to be asked. */
  possible: boolean;
  /** The number of the chosen one, from 0; undefined when nobody answers. */
  choose(question: string, choices: readonly string[]): Promise<number | undefined>;
  /** An empty answer is yes. Without anybody to ask it is `unasked`. */
  confirm(question: string, unasked: boolean): Promise<boolean>;
}

export function createQuestions(quiet: boolean): Questions {
  const possible = !quiet && process.stdin.isTTY === true && process.stdout.isTTY === true;

  async function ask(text: string): Promise<string> {
    const terminal = createInterface({ input: process.stdin, output: process.stdout });
    try {
      return (await terminal.question(text)).trim();
    } finally {
      terminal.close();
    }
  }

  return {
    possible,
    async choose(question, choices) {
      if (!possible) return undefined;
      const list = choices.map((choice, index) => `  ${index + 1}. ${choice}`).join("\n");
      for (;;) {
        const answer = Number(await ask(`${question}\n${list}\nNumber: `));
        if (Number.isInteger(answer) && answer >= 1 && answer <= choices.length) return answer - 1;
      }
    },
    async confirm(question, unasked) {
      if (!possible) return unasked;
      return !/^n/i.test(await ask(`${question} [Y/n] `));
    },
  };
}
