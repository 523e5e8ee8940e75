import type { IBuffer } from "../../types/xterm.d.ts";
import { wholeLines } from "./lines.ts";

export interface Match {
  /** The row where the line begins. */
  row: number;
  /** Within the text of the line, in UTF-16 units. */
  start: number;
  length: number;
}

export interface FindQuery {
  text: string;
  isRegex: boolean;
  isCaseSensitive: boolean;
}

/** More matches than anybody steps through; the count then says "or more". */
export const MOST_MATCHES = 5000;

/** Null when the pattern is wrong. */
export function patternOf({ text, isRegex, isCaseSensitive }: FindQuery): RegExp | null {
  try {
    return new RegExp(isRegex ? text : text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"), isCaseSensitive ? "gu" : "giu");
  } catch {
    return null;
  }
}

export function findAll(buffer: IBuffer, pattern: RegExp): Match[] {
  const matches: Match[] = [];
  for (const { row, text } of wholeLines(buffer)) {
    pattern.lastIndex = 0;
    for (let found = pattern.exec(text); found !== null; found = pattern.exec(text)) {
      if (found[0] === "") {
        pattern.lastIndex += 1;
        continue;
      }
      matches.push({ row, start: found.index, length: found[0].length });
      if (matches.length >= MOST_MATCHES) return matches;
    }
  }
  return matches;
}

/** Words a program uses when something has gone wrong. */
const WRONG =
  /\b(error|errors|failed|failure|fatal|exception|traceback|panic(?:ked)?|segmentation fault|not found|denied)\b/i;
const NONE_WRONG = /\b(0|no) (errors?|failures?|failed)\b/i;
const RED = new Set([1, 9]);

/** The rows of lines that say so, or begin in red. */
export function errorRows(buffer: IBuffer): number[] {
  const rows: number[] = [];
  for (const { row, text } of wholeLines(buffer)) {
    if ((WRONG.test(text) && !NONE_WRONG.test(text)) || beginsRed(buffer, row)) rows.push(row);
  }
  return rows;
}

function beginsRed(buffer: IBuffer, row: number): boolean {
  const line = buffer.getLine(row);
  for (let x = 0; line !== undefined && x < Math.min(line.length, 40); x += 1) {
    const cell = line.getCell(x);
    if (cell === undefined || cell.getChars().trim() === "") continue;
    return cell.isFgPalette() && RED.has(cell.getFgColor());
  }
  return false;
}

/** Where a match is on the screen, in cells: wide characters take two, and combining ones none. */
export function cellsOf(
  buffer: IBuffer,
  { row, start, length }: Match,
): { row: number; column: number; cells: number } {
  let units = 0;
  let begin: { row: number; column: number } | null = null;
  let cells = 0;
  for (let y = row; y < buffer.length; y += 1) {
    const line = buffer.getLine(y);
    if (line === undefined || (y > row && !line.isWrapped)) break;
    for (let x = 0; x < line.length; x += 1) {
      const cell = line.getCell(x);
      const width = cell?.getWidth() ?? 1;
      if (units >= start + length) return { row: begin?.row ?? row, column: begin?.column ?? 0, cells };
      if (width > 0) {
        if (units >= start && begin === null) begin = { row: y, column: x };
        units += Math.max(1, cell?.getChars().length ?? 1);
      }
      if (begin !== null) cells += 1;
    }
  }
  return { row: begin?.row ?? row, column: begin?.column ?? 0, cells };
}
