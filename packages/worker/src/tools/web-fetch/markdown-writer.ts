/** Puts Markdown together piece by piece: collapses white space, keeps blocks apart, knows lists, tables and code. */

export class MarkdownWriter {
  readonly #pieces: string[] = [];
  #length = 0;
  /** Line breaks at the end; at the very start there is nothing to keep apart from. */
  #breaks = 2;
  #space = false;
  #inCode = false;
  #prefix = "";
  readonly #lists: { ordered: boolean; count: number }[] = [];
  #cells = -1;
  #rows = 0;

  /** Characters written so far. */
  get length(): number {
    return this.#length;
  }

  toString(): string {
    return this.#pieces.join("");
  }

  text(text: string): void {
    if (this.#inCode) return this.#put(text);
    const words = text.replace(/[\s\u00a0]+/g, " ");
    if (words === " " || words === "") {
      this.#space ||= words === " ";
      return;
    }
    this.#space ||= words.startsWith(" ");
    this.#putInline(words.trim());
    this.#space = words.endsWith(" ");
  }

  /** Starts a new block; `prefix` opens it once something follows. Inside a table cell it is only a space. */
  block(prefix = ""): void {
    if (this.#inCode) return;
    if (this.#cells > 0) {
      this.#space = true;
      return;
    }
    if (this.#prefix !== "" && prefix === "" && this.#breaks > 0 && this.#lists.length > 0) return;
    this.#end(this.#lists.length > 0 ? 1 : 2);
    this.#prefix = prefix;
    if (prefix === "---") this.#putInline("");
  }

  line(): void {
    if (this.#inCode) this.#put("\n");
    else if (this.#cells > 0) this.#space = true;
    else this.#end(1);
  }

  openList(ordered: boolean): void {
    this.block();
    this.#lists.push({ ordered, count: 0 });
  }

  item(): void {
    const list = this.#lists.at(-1);
    if (list) list.count += 1;
    if (this.#cells <= 0) this.#end(1);
    this.#prefix = `${"  ".repeat(Math.max(0, Math.min(this.#lists.length, 10) - 1))}${list?.ordered ? `${list.count}.` : "-"} `;
  }

  closeList(): void {
    this.#lists.pop();
    this.#prefix = "";
    this.block();
  }

  openCode(): void {
    this.block();
    this.#putInline("```\n");
    this.#inCode = true;
  }

  closeCode(): void {
    if (!this.#inCode) return;
    this.#put(this.#breaks > 0 ? "```" : "\n```");
    this.#inCode = false;
    this.block();
  }

  row(): void {
    this.#endRow();
    this.#cells = 0;
    this.#end(this.#rows === 0 ? 2 : 1);
  }

  cell(): void {
    if (this.#cells < 0) this.row();
    this.#cells += 1;
    this.#space = false;
    this.#prefix = "";
    this.#put(this.#cells === 1 ? "| " : " | ");
  }

  endTable(): void {
    this.#endRow();
    this.#rows = 0;
    this.block();
  }

  /** Inline emphasis or code mark; nothing inside code. */
  wrap(mark: string): void {
    if (mark !== "" && !this.#inCode) this.#putMark(mark);
  }

  /** Writes an opening mark whose worth is known only at its end. Returns its place. */
  mark(open: string): number {
    if (this.#inCode) return -1;
    this.#putMark(open);
    return this.#pieces.length - 1;
  }

  /** Closes a mark, or takes it back when it holds nothing or `close` is undefined. */
  closeMark(start: number, close: string | undefined): void {
    if (start < 0) return;
    const inside = this.#pieces.slice(start + 1).join("").trim();
    if (close === undefined || inside === "") {
      const opened = this.#pieces[start] ?? "";
      // Same length, so that places noted meanwhile stay right.
      this.#pieces[start] = opened.replace(/\[$/, "\u200b");
      return;
    }
    if (this.#inCode) return;
    this.#put(close);
  }

  #endRow(): void {
    if (this.#cells <= 0) {
      this.#cells = -1;
      return;
    }
    this.#put(" |");
    if (this.#rows === 0) this.#put(`\n|${" --- |".repeat(this.#cells)}`);
    this.#rows += 1;
    this.#cells = -1;
  }

  #putMark(mark: string): void {
    this.#putInline(mark);
  }

  /** Text in the flow: the pending prefix or space goes before it. */
  #putInline(text: string): void {
    if (this.#prefix !== "") {
      this.#put(this.#prefix);
      this.#prefix = "";
    } else if (this.#space && this.#breaks === 0) this.#put(" ");
    this.#space = false;
    if (text !== "") this.#put(text);
  }

  #end(breaks: number): void {
    this.#prefix = "";
    this.#space = false;
    if (this.#breaks < breaks) this.#put("\n".repeat(breaks - this.#breaks));
  }

  #put(text: string): void {
    if (text === "") return;
    this.#pieces.push(text);
    this.#length += text.length;
    const trailing = /\n*$/.exec(text.slice(-2))?.[0].length ?? 0;
    this.#breaks = trailing === text.length ? Math.min(2, this.#breaks + trailing) : trailing;
  }
}
