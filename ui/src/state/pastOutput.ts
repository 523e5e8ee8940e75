import type { OutputClient } from "../api/outputClient.ts";
import { messageOf, type Piece } from "../api/http.ts";
import { olderUnread } from "../texts/output.ts";
import { countLineEnds, LineIndex } from "./lineIndex.ts";
import { Observable } from "./observable.ts";
import type { OutputScreen } from "./output.ts";

export interface PastState {
  isLoading: boolean;
  /** The part that is shown. */
  start: number;
  end: number;
  error: string | null;
}

/** The screen of a part of the output: nothing will follow it there. */
export interface PastScreen extends OutputScreen {
  end(): void;
}

/** How much is read to each side of the place that is wanted. */
const READ = 1024 * 1024;
/** Rows shown in all: fewer than any terminal here keeps, so that none of them leaves it again. */
const MOST_ROWS = 9000;
/** Of these, rows before the place; and when the window moves on, rows that stay in sight. */
const HALF = MOST_ROWS / 2;
const OVERLAP = 2000;
/** A longer line counts as several rows; narrower terminals are rare. */
const COLUMNS = 80;

/**
 * Older output of a job, read back a window at a time: however long the output is, no more than a window is held.
 *
 * Where the middle of the output was not kept, a window ends or begins at that gap.
 *
 * Colours set before the window are not known in it; they last until the next one that the job sets.
 */
export class PastOutput {
  readonly state = new Observable<PastState>({ isLoading: false, start: 0, end: 0, error: null });
  readonly lines = new LineIndex();
  #abort = new AbortController();

  /** `total` tells how long the output is now. */
  constructor(
    private readonly job: string,
    private readonly client: OutputClient,
    private readonly screen: PastScreen,
    private readonly total: () => number,
    private readonly dropped: () => number = () => 0,
  ) {}

  /** Shows the window around an offset; resolves to its line, counted from the first line shown, or null when that failed. */
  around(offset: number): Promise<number | null> {
    return this.#show(offset, HALF);
  }

  /** The window that ends shortly behind an offset, which is the first one shown now. */
  before(offset: number): Promise<number | null> {
    return this.#show(offset, MOST_ROWS - OVERLAP);
  }

  /** The window that begins shortly before the end of this one; resolves to the line where this one ends. */
  later(): Promise<number | null> {
    return this.#show(this.state.value.end, OVERLAP);
  }

  dispose(): void {
    this.#abort.abort();
  }

  async #show(offset: number, rowsBefore: number): Promise<number | null> {
    this.#abort.abort();
    const { signal } = this.#abort = new AbortController();
    this.state.value = { ...this.state.value, isLoading: true, error: null };
    try {
      const total = this.total();
      const { start: from, bytes } = await this.#read(offset, total, rowsBefore > HALF, signal);
      if (signal.aborted) return null;
      // Read as far as a gap or the end, the first and the last line are whole.
      const isStart = from === 0 || from > offset - READ;
      const last = from + bytes.length;
      const isEnd = last >= total || last < offset + READ;
      const place = Math.max(0, Math.min(bytes.length, offset - from));
      const first = rowsBack(bytes, place, rowsBefore, isStart);
      const end = rowsOn(bytes, place, MOST_ROWS - rowsBefore, isEnd);
      const shown = bytes.subarray(first, end);
      this.screen.reset();
      this.lines.clear(from + first);
      this.lines.add(shown, from + end);
      this.screen.write(shown, () => {});
      this.screen.end();
      await new Promise<void>((resolve) => this.screen.write(new Uint8Array(), resolve));
      if (signal.aborted) return null;
      this.state.value = { isLoading: false, start: from + first, end: from + end, error: null };
      return countLineEnds(bytes.subarray(first, place));
    } catch (error) {
      if (signal.aborted) return null;
      const message = messageOf(error, olderUnread);
      this.state.value = { ...this.state.value, isLoading: false, error: message };
      return null;
    }
  }

  /** What is around an offset, on its side of a gap; at the gap itself on the side that is wanted. */
  async #read(offset: number, total: number, isBack: boolean, signal: AbortSignal): Promise<Piece> {
    const from = Math.max(0, offset - READ);
    const to = Math.min(total, offset + READ);
    if (to <= from) return { start: from, bytes: new Uint8Array() };
    const piece = await this.client.piece(this.job, from, to, signal);
    const end = piece.start + piece.bytes.length;
    if (isBack && piece.start === offset && offset > 0) {
      const before = offset - this.dropped();
      return await this.client.piece(this.job, Math.max(0, before - READ), before, signal);
    }
    if (isBack || end >= to || end > offset) return piece;
    return await this.client.piece(this.job, end, Math.min(total, offset + this.dropped() + READ), signal);
  }
}

/** The start of a line so many rows before a place; where there is no line end, the start of the bytes. */
function rowsBack(bytes: Uint8Array, place: number, rows: number, isStart: boolean): number {
  let start = place;
  for (let left = rows; left > 0 && start > 0;) {
    const lineEnd = bytes.lastIndexOf(0x0a, start - 2);
    // What is before the first line end is only a part of a line, unless the output begins there.
    if (lineEnd < 0) return isStart || start === place ? 0 : start;
    left -= Math.ceil((start - lineEnd) / COLUMNS);
    start = lineEnd + 1;
  }
  return start;
}

/** The end of a line so many rows behind a place; where the output ends, its last line need not have one. */
function rowsOn(bytes: Uint8Array, place: number, rows: number, isEnd: boolean): number {
  let end = place;
  for (let left = rows; left > 0;) {
    const lineEnd = bytes.indexOf(0x0a, end);
    if (lineEnd < 0) return isEnd || end === place ? bytes.length : end;
    left -= Math.ceil((lineEnd + 1 - end) / COLUMNS);
    end = lineEnd + 1;
  }
  return end;
}
