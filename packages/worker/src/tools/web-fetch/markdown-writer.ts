/** Puts Markdown together piece by piece: collapses white space, keeps blocks apart, knows lists, tables and code. */

export class MarkdownWriter {
  readonly #pieces: string[] = [];
  /** Line breaks at the end, at most two; at the very start there is nothing to keep apart from. */
  #breaks = 2;
  #space = false;
  #markOpen = false;
  /** Place just before an opening mark that nothing follows yet: a space that comes now belongs there. */
  #markLead = -1;
  /** Heading, list or quote sign that goes before the next text. */
  #prefix = "";
  #inCode = false;
  readonly #lists: { ordered: boolean; count: number }[] = [];
  /** Cells in the open table row; -1 outside a row. */
  #cells = -1;
  #rows = 0;

  /** Place of the next piece, for `slice`. */
  get position(): number {
    return this.#pieces.length;
  }

  slice(start = 0, end?: number): string {
    return this.#pieces.slice(start, end).join("").trim();
  }

  text(text: string): void {
    if (this.#inCode) return this.#put(text);
    const words = text.replace(/[\s\u00a0]+/g, " ").trim();
    if (/^\s|^$/.test(text)) this.#space = true;
    if (words === "") return;
    if (this.#space && this.#pieces[this.#markLead] === "") this.#pieces[this.#markLead] = " ";
    this.#put(this.#lead() + words);
    this.#space = /\s$/.test(text);
  }

  /** Begins a block. A sign that is waiting for text (`<li><p>`) stays. In a table cell it is only a space. */
  openBlock(prefix = ""): void {
    if (this.#inCode) return;
    if (this.#cells > 0) {
      this.#space = true;
      return;
    }
    this.#end(this.#lists.length > 0 ? 1 : 2);
    if (prefix !== "") this.#prefix = prefix;
  }

  closeBlock(): void {
    this.#prefix = "";
    this.openBlock();
  }

  rule(): void {
    this.closeBlock();
    this.#put("---");
    this.closeBlock();
  }

  line(): void {
    if (this.#inCode) this.#put("\n");
    else if (this.#cells > 0) this.#space = true;
    else this.#end(1);
  }

  openList(ordered: boolean): void {
    this.openBlock();
    this.#lists.push({ ordered, count: 0 });
  }

  openItem(): void {
    const list = this.#lists.at(-1);
    if (list) list.count += 1;
    this.closeBlock();
    const indent = "  ".repeat(Math.max(0, Math.min(this.#lists.length, 10) - 1));
    this.#prefix = `${indent}${list?.ordered ? `${list.count}.` : "-"} `;
  }

  closeList(): void {
    this.#lists.pop();
    this.closeBlock();
  }

  openCode(): void {
    this.openBlock();
    this.#put(`${this.#lead()}\`\`\`\n`);
    this.#inCode = true;
  }

  closeCode(): void {
    if (!this.#inCode) return;
    this.#put(this.#breaks > 0 ? "```" : "\n```");
    this.#inCode = false;
    this.closeBlock();
  }

  openRow(): void {
    this.#endRow();
    this.#prefix = "";
    this.#end(this.#rows === 0 ? 2 : 1);
    this.#cells = 0;
  }

  openCell(): void {
    if (this.#inCode) return;
    if (this.#cells < 0) this.openRow();
    this.#cells += 1;
    this.#space = false;
    this.#put(this.#cells === 1 ? "| " : " | ");
    this.#markOpen = true;
  }

  endTable(): void {
    this.#endRow();
    this.#rows = 0;
    this.closeBlock();
  }

  /** Writes an opening mark (`[`, `**`); returns its place for `closeMark`. Inside code there are no marks: -1. */
  openMark(mark: string): number {
    if (this.#inCode) return -1;
    const inLine = this.#breaks === 0 && !this.#markOpen;
    const lead = this.#lead();
    this.#put(lead);
    if (lead === "") this.#pieces.push("");
    const place = this.#pieces.length;
    this.#put(mark);
    this.#markOpen = true;
    if (inLine) this.#markLead = place - 1;
    return place;
  }

  /**
   * Closes a mark. When nothing stands inside, or `close` is undefined, the opening is taken back; when several lines
   * stand inside, it is taken back too and `afterLines` follows them instead.
   */
  closeMark(place: number, close: string | undefined, afterLines = ""): void {
    if (place < 0) return;
    const inside = this.slice(place + 1);
    if (close !== undefined && inside !== "" && !inside.includes("\n")) {
      this.#put(close);
      return;
    }
    this.#pieces[place] = "";
    if (close !== undefined && inside !== "" && afterLines !== "") this.#put(this.#lead() + afterLines);
  }

  #endRow(): void {
    if (this.#cells > 0) {
      this.#put(" |");
      if (this.#rows === 0) this.#put(`\n|${" --- |".repeat(this.#cells)}`);
      this.#rows += 1;
    }
    this.#cells = -1;
  }

  /** What goes between the last piece and new text: the waiting sign, a space, or nothing. */
  #lead(): string {
    const lead = this.#prefix !== "" ? this.#prefix : this.#space && this.#breaks === 0 && !this.#markOpen ? " " : "";
    this.#prefix = "";
    this.#space = false;
    return lead;
  }

  #end(breaks: number): void {
    this.#space = false;
    if (this.#breaks < breaks) this.#put("\n".repeat(breaks - this.#breaks));
  }

  #put(text: string): void {
    if (text === "") return;
    this.#pieces.push(text);
    this.#markOpen = false;
    this.#markLead = -1;
    const trailing = /\n*$/.exec(text.slice(-2))?.[0].length ?? 0;
    this.#breaks = trailing === text.length ? Math.min(2, this.#breaks + trailing) : trailing;
  }
}
