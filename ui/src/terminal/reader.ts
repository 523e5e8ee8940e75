import type { Terminal } from "../../types/xterm.d.ts";
import { cellsOf, errorRows, findAll, type FindQuery, type Match, patternOf } from "./find.ts";
import { Highlights } from "./highlights.ts";
import { linesBelow, rowWithLinesBelow } from "./lines.ts";

/** Where a row is put in the view. */
export type Alignment = "top" | "middle" | "bottom";

/** What is on the screen and in its scrollback, to be searched and pointed at. */
export class ScreenReader {
  readonly highlights: Highlights;

  /** `go` brings a row into view, and lets the end go. */
  constructor(private readonly terminal: Terminal, private readonly go: (row: number) => void) {
    this.highlights = new Highlights(terminal);
  }

  /** All places that match, or null when the pattern is wrong. */
  find(query: FindQuery): Match[] | null {
    const pattern = patternOf(query);
    const matches = pattern === null ? null : findAll(this.terminal.buffer.active, pattern);
    if (matches === null) this.highlights.clear();
    else this.highlights.show(matches, this.nearest(matches));
    return matches;
  }

  show(match: Match): void {
    const { row, column, cells } = cellsOf(this.terminal.buffer.active, match);
    this.#reveal(row, "middle");
    this.terminal.select(column, row, cells);
  }

  clear(): void {
    this.highlights.clear();
    this.terminal.clearSelection();
  }

  /** The first match at or below the top of the view. */
  nearest(matches: readonly Match[]): number {
    const top = this.terminal.buffer.active.viewportY;
    const index = matches.findIndex(({ row }) => row >= top);
    return index < 0 ? matches.length - 1 : index;
  }

  /** Goes to the next line that tells of an error; returns whether there is one in that direction. */
  nextError(step: 1 | -1): boolean {
    const buffer = this.terminal.buffer.active;
    const from = this.terminal.getSelectionPosition()?.start.y ?? (step > 0 ? buffer.viewportY - 1 : buffer.length);
    const rows = errorRows(buffer);
    const row = step > 0 ? rows.find((row) => row > from) : rows.filter((row) => row < from).at(-1);
    if (row === undefined) return false;
    this.#mark(row);
    return true;
  }

  /** Lines below the one that is selected, else below the first one in view. */
  linesBelowPlace(): number {
    const buffer = this.terminal.buffer.active;
    return linesBelow(buffer, this.terminal.getSelectionPosition()?.start.y ?? buffer.viewportY);
  }

  linesBelowFirst(): number {
    return linesBelow(this.terminal.buffer.active, 0);
  }

  /** Brings the line with so many below it into view; returns false when it has left the scrollback. */
  showLine(below: number, alignment: Alignment, isMarked: boolean): boolean {
    const row = rowWithLinesBelow(this.terminal.buffer.active, below);
    if (row === null) return false;
    if (isMarked) this.#mark(row);
    else this.#reveal(row, alignment);
    return true;
  }

  #mark(row: number): void {
    const buffer = this.terminal.buffer.active;
    let rows = 1;
    while (buffer.getLine(row + rows)?.isWrapped) rows += 1;
    this.#reveal(row, "middle");
    this.terminal.select(0, row, rows * this.terminal.cols);
  }

  #reveal(row: number, alignment: Alignment): void {
    const { rows } = this.terminal;
    this.go(Math.max(0, row - { top: 0, middle: Math.floor(rows / 2), bottom: rows - 1 }[alignment]));
  }
}
