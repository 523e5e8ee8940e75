import type { IDisposable, Terminal } from "../../types/xterm.d.ts";
import { cellsOf, type Match } from "./find.ts";
import { MARK } from "./theme.ts";

/** Each is moved along with its line while output pours in, so those far from the view go without. */
const MOST_MARKS = 400;

/** Marks on what was found, besides the one that is selected. */
export class Highlights {
  #marks: IDisposable[] = [];
  isDark = false;

  constructor(private readonly terminal: Terminal) {}

  /** Of the matches, those around the one with this number. */
  show(matches: readonly Match[], around: number): void {
    this.clear();
    const { active } = this.terminal.buffer;
    const cursor = active.baseY + active.cursorY;
    const first = Math.max(0, around - MOST_MARKS / 2);
    for (const match of matches.slice(first, first + MOST_MARKS)) {
      const { row, column, cells } = cellsOf(active, match);
      // A program that draws on the whole screen has no lines to keep to.
      const marker = this.terminal.registerMarker(row - cursor);
      if (marker === undefined) return;
      this.#marks.push(marker);
      this.terminal.registerDecoration({
        marker,
        x: column,
        width: Math.min(cells, this.terminal.cols - column),
        ...MARK[this.isDark ? "dark" : "light"],
      });
    }
  }

  clear(): void {
    for (const mark of this.#marks.splice(0)) mark.dispose();
  }
}
