import type { OutputClient } from "../api/outputClient.ts";
import { messageOf } from "../api/http.ts";
import { LineIndex } from "./lineIndex.ts";
import { Observable } from "./observable.ts";
import type { OutputScreen } from "./output.ts";

export interface PastState {
  isLoading: boolean;
  /** The part that is shown. */
  start: number;
  end: number;
  error: string | null;
}

/** How much is shown at a time. */
export const PAST_WINDOW = 2 * 1024 * 1024;
/** How much of what was shown stays in sight when the window moves on. */
const OVERLAP = 512 * 1024;
/** The start of a line may be as far back as this; output without line ends is shown from where the window begins. */
const LONGEST_LINE = 64 * 1024;

/**
 * Older output of a job, read back a window at a time: however long the output is, no more than a window is held.
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
    private readonly screen: OutputScreen,
    private readonly total: () => number,
  ) {}

  /** Shows the window around an offset; resolves to its line, counted from the first line shown, or null when that failed. */
  around(offset: number): Promise<number | null> {
    return this.#show(Math.max(0, offset - PAST_WINDOW / 2), offset);
  }

  /** The window before this one; resolves to the line that was the first. */
  earlier(): Promise<number | null> {
    const { start } = this.state.value;
    return this.#show(Math.max(0, start - PAST_WINDOW + OVERLAP), start);
  }

  /** The window behind this one; resolves to the line where the last one ended. */
  later(): Promise<number | null> {
    const { end } = this.state.value;
    return this.#show(Math.max(0, end - OVERLAP), end);
  }

  dispose(): void {
    this.#abort.abort();
  }

  async #show(from: number, offset: number): Promise<number | null> {
    this.#abort.abort();
    const { signal } = this.#abort = new AbortController();
    this.state.value = { ...this.state.value, isLoading: true, error: null };
    try {
      const end = Math.min(from + PAST_WINDOW, this.total());
      const bytes = end > from ? await this.client.range(this.job, from, end, signal) : new Uint8Array();
      if (signal.aborted) return null;
      const cut = from === 0 ? 0 : lineStart(bytes);
      const shown = bytes.subarray(cut);
      this.screen.reset();
      this.lines.clear(from + cut);
      this.lines.add(shown, from + bytes.length);
      await new Promise<void>((resolve) => this.screen.write(shown, resolve));
      if (signal.aborted) return null;
      this.state.value = { isLoading: false, start: from + cut, end: from + bytes.length, error: null };
      let line = 0;
      for (let at = shown.indexOf(0x0a); at >= 0 && from + cut + at < offset; at = shown.indexOf(0x0a, at + 1)) {
        line += 1;
      }
      return line;
    } catch (error) {
      if (signal.aborted) return null;
      const message = messageOf(error, "The older output could not be read.");
      this.state.value = { ...this.state.value, isLoading: false, error: message };
      return null;
    }
  }
}

function lineStart(bytes: Uint8Array): number {
  const lineEnd = bytes.subarray(0, LONGEST_LINE).indexOf(0x0a);
  return lineEnd < 0 ? 0 : lineEnd + 1;
}
