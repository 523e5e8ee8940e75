import type { IBuffer } from "../../types/xterm.d.ts";

// Lines are told by how many are below them, up to the cursor: a count that stays true while the first lines leave the
// scrollback, and for every width of the terminal.

/** How many lines begin below a row. */
export function linesBelow(buffer: IBuffer, row: number): number {
  let lines = 0;
  for (let y = buffer.baseY + buffer.cursorY; y > row; y -= 1) if (buffer.getLine(y)?.isWrapped !== true) lines += 1;
  return lines;
}

/** The first row of the line that has so many below it; null when that has left the scrollback. */
export function rowWithLinesBelow(buffer: IBuffer, below: number): number | null {
  let lines = 0;
  for (let y = buffer.baseY + buffer.cursorY; y >= 0; y -= 1) {
    if (buffer.getLine(y)?.isWrapped === true) continue;
    if (lines === below) return y;
    lines += 1;
  }
  return null;
}

/** A line that may have been wrapped onto several rows. */
export interface WholeLine {
  row: number;
  text: string;
}

export function* wholeLines(buffer: IBuffer): Generator<WholeLine> {
  let line: WholeLine | null = null;
  for (let y = 0; y < buffer.length; y += 1) {
    const row = buffer.getLine(y);
    if (row === undefined) continue;
    if (row.isWrapped && line !== null) {
      line.text += row.translateToString(true);
      continue;
    }
    if (line !== null) yield line;
    line = { row: y, text: row.translateToString(true) };
  }
  if (line !== null) yield line;
}
