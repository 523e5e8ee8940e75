interface Mark {
  /** So many line ends stand before `offset`, counted from where the shown output begins. */
  line: number;
  offset: number;
}

const FIRST_STEP = 32 * 1024;
const MOST_MARKS = 2048;

/**
 * Where lines are in the output, coarsely: enough to find a line by reading a little, and bounded whatever the job prints.
 *
 * Lines are told by their line ends, as nothing else is the same for a wide and a narrow terminal.
 */
export class LineIndex {
  #marks: Mark[] = [{ line: 0, offset: 0 }];
  #lines = 0;
  #step = FIRST_STEP;

  /** Line ends so far. */
  get lines(): number {
    return this.#lines;
  }

  get start(): number {
    return this.#marks[0]?.offset ?? 0;
  }

  clear(start: number): void {
    this.#marks = [{ line: 0, offset: start }];
    this.#lines = 0;
    this.#step = FIRST_STEP;
  }

  /** `end` is the offset after the bytes. */
  add(bytes: Uint8Array, end: number): void {
    this.#lines += countLineEnds(bytes);
    const last = this.#marks[this.#marks.length - 1];
    if (last !== undefined && end - last.offset < this.#step) return;
    this.#marks.push({ line: this.#lines, offset: end });
    if (this.#marks.length <= MOST_MARKS) return;
    this.#marks = this.#marks.filter((_, index) => index % 2 === 0);
    this.#step *= 2;
  }

  /** Lines that are shown in place of bytes that are not there: nothing is ever counted from before them to behind them. */
  gap(shown: Uint8Array, end: number): void {
    this.#lines += countLineEnds(shown);
    this.#marks.push({ line: this.#lines, offset: end });
  }

  /** From where to read on to find the start of a line, and how many line ends to pass. */
  beforeLine(line: number): { offset: number; lineEnds: number } {
    const mark = last(this.#marks, (mark) => mark.line < line) ?? this.#marks[0];
    return { offset: mark?.offset ?? 0, lineEnds: Math.max(0, line - (mark?.line ?? 0)) };
  }

  /** From where to read on to `offset`, and how many lines are before that. */
  beforeOffset(offset: number): Mark {
    return last(this.#marks, (mark) => mark.offset <= offset) ?? { line: 0, offset: this.start };
  }
}

export function countLineEnds(bytes: Uint8Array): number {
  let count = 0;
  for (let at = bytes.indexOf(0x0a); at >= 0; at = bytes.indexOf(0x0a, at + 1)) count += 1;
  return count;
}

/** The place after so many line ends, or null when there are fewer. */
export function afterLineEnds(bytes: Uint8Array, lineEnds: number): number | null {
  let at = 0;
  for (let passed = 0; passed < lineEnds; passed += 1) {
    const found = bytes.indexOf(0x0a, at);
    if (found < 0) return null;
    at = found + 1;
  }
  return at;
}

function last(marks: readonly Mark[], fits: (mark: Mark) => boolean): Mark | undefined {
  let [low, high] = [0, marks.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const mark = marks[middle];
    if (mark !== undefined && fits(mark)) low = middle + 1;
    else high = middle;
  }
  return marks[low - 1];
}
