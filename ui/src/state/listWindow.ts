/** The rows of a long list that are drawn. */
export interface ListWindow {
  first: number;
  /** The row after the last one drawn. */
  end: number;
}

/** Rows above and below what is seen, so that a quick turn of the wheel shows no gap. */
const OVERSCAN = 12;
/** The window moves in steps of so many rows: then most scrolling draws nothing anew. */
const STEP = 6;

/** Which rows of `count` to draw in a view of `height` that is scrolled to `top`; every row is `row` high. */
export function listWindow(top: number, height: number, row: number, count: number): ListWindow {
  const seen = Math.floor(Math.max(0, top) / row);
  const first = Math.max(0, Math.floor((seen - OVERSCAN) / STEP) * STEP);
  const end = Math.min(count, Math.ceil((seen + Math.ceil(height / row) + OVERSCAN) / STEP) * STEP);
  return { first: Math.min(first, Math.max(0, count - 1)), end };
}

/** How far to scroll so that a row is wholly in view; the present place when it is. */
export function scrollToRow(index: number, top: number, height: number, row: number): number {
  if (index * row < top) return index * row;
  return Math.max(top, (index + 1) * row - height);
}
