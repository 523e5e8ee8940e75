import type { TerminalSize } from "../api/messages.ts";

export interface Box {
  width: number;
  height: number;
}

export const FONT_SIZE = 13;
/** Smaller is not readable; beyond it the terminal scrolls sideways instead. */
const SMALLEST_FONT = 10;
/** Nobody should need glasses only so that all rows of a terminal are seen, unless a program draws on all of them. */
const SMALLEST_FOR_ROWS = 11.5;
/** Finer steps are not visible. */
const FONT_STEP = 0.5;

/**
 * The font for a terminal whose size the job decides: a program that places text at row 40 needs 40 rows, so the pane cannot
 * choose. `cellAt` measures one character: its height is rounded in ways that no proportion predicts.
 */
export function fontToFit(size: TerminalSize, pane: Box, cellAt: (fontSize: number) => Box, isDrawnOn = false): number {
  const fits = (fontSize: number, isTallToo: boolean) => {
    const cell = cellAt(fontSize);
    return cell.width * size.cols <= pane.width && (!isTallToo || cell.height * size.rows <= pane.height);
  };
  // Where the rows cannot all be seen anyway, the letters need not be small for them.
  const canBeTall = fits(isDrawnOn ? SMALLEST_FONT : SMALLEST_FOR_ROWS, true);
  for (let fontSize = FONT_SIZE; fontSize > SMALLEST_FONT; fontSize -= FONT_STEP) {
    if (fits(fontSize, canBeTall)) return fontSize;
  }
  return SMALLEST_FONT;
}

/** How many whole characters fit; never less than what keeps a line readable. */
export function cellsThatFit(pane: Box, cell: Box): TerminalSize {
  return {
    cols: Math.max(20, Math.min(1000, Math.floor(pane.width / cell.width))),
    rows: Math.max(5, Math.min(1000, Math.floor(pane.height / cell.height))),
  };
}

/** 12 bytes a cell: 3 million cells are 36 MB when full, which is 25,000 lines of 120 characters. */
const SCROLLBACK_CELLS = 3_000_000;

export function scrollbackLines(cols: number): number {
  return Math.max(10_000, Math.min(50_000, Math.floor(SCROLLBACK_CELLS / cols)));
}
