import type { OutputClient } from "../api/outputClient.ts";
import { isFinal, type Job, type TerminalSize } from "../api/messages.ts";
import type { Connect } from "../api/socket.ts";
import type { Connection } from "./connection.ts";
import type { KeptReading } from "./keptPlace.ts";
import { afterLineEnds, countLineEnds, type LineIndex } from "./lineIndex.ts";
import { Observable } from "./observable.ts";
import { Output, type OutputScreen, WHOLE_UP_TO } from "./output.ts";
import { PastOutput } from "./pastOutput.ts";
import { TimedOutput } from "./timedOutput.ts";
import type { Timing } from "./timing.ts";

/** What the viewer needs of the screen besides drawing. */
export interface ViewerScreen extends OutputScreen {
  end(): void;
  resize(size: TerminalSize | false): void;
  setPlain(isPlain: boolean): void;
  setFollowing(isFollowing: boolean): void;
  /** Brings the line with so many below it into view. */
  showLine(below: number, alignment: "top" | "middle" | "bottom", isMarked: boolean): boolean;
  /** How many lines begin below the one that is selected, or else the first in view. */
  linesBelowPlace(): number;
  /** The same for the first line it still holds. */
  linesBelowFirst(): number;
}

export type View =
  | { kind: "live"; output: Output }
  | { kind: "past"; output: PastOutput }
  | { kind: "timed"; output: TimedOutput };

interface ViewerContext {
  client: OutputClient;
  connection: Connection;
  connect: Connect;
  timing: Timing;
  onEnd(): void;
}

/** How much of the timed lines is shown of a long output. */
const TIMED_TAIL = 1024 * 1024;
/** More is not read to find one line. */
const MOST_READ = 512 * 1024;

/** The output of one job on one screen: live, an older part of it, or with times. */
export class Viewer {
  readonly view: Observable<View>;
  #disposed = false;
  #isReading = false;
  #awaiting: (() => void) | null = null;

  constructor(private job: Job, private readonly screen: ViewerScreen, private readonly context: ViewerContext) {
    this.view = new Observable<View>({ kind: "live", output: this.#liveOutput() });
  }

  /** At a line that somebody wants to see, as the page before this one was read, or at the end; until that is drawn. */
  async start(offset: number | null, kept: Pick<KeptReading, "offset" | "isTimed"> | null = null): Promise<void> {
    if (kept?.isTimed) return await this.timed();
    if (kept !== null && kept.offset !== null) return await this.open(kept.offset, "top", false);
    if (kept === null && offset !== null) return await this.open(offset);
    const { kind, output } = this.view.value;
    if (kind !== "live") return;
    output.start();
    await this.#received(output, this.job.outputBytes - 1);
  }

  /** What is known of the job now. */
  learn(job: Job, isFollowing: boolean): void {
    this.job = job;
    const view = this.view.value;
    // Not while somebody reads further up: the jump would take that away.
    if (view.kind === "live" && isFollowing) view.output.catchUp(job.outputBytes, isFinal(job.status));
  }

  /** Back to the end, as it grows. */
  live(): void {
    const output = this.#liveOutput();
    this.#change({ kind: "live", output });
    output.start();
  }

  /** Until what an ended job has printed is drawn, or the first lines of another. */
  async timed(): Promise<void> {
    const { client, connection } = this.context;
    const from = this.job.outputBytes > TIMED_TAIL ? -TIMED_TAIL : 0;
    const output = new TimedOutput(this.job.id, client, this.screen, connection, from, isFinal(this.job.status));
    this.#change({ kind: "timed", output });
    this.screen.setPlain(true);
    output.start();
    await output.begun;
  }

  /** Shows the line that begins at, or holds, an offset of the output. */
  async open(offset: number, alignment: "top" | "middle" = "middle", isMarked = true): Promise<void> {
    const view = this.view.value;
    const show = (lines: LineIndex) => this.#showIn(lines, offset, alignment, isMarked);
    if (view.kind === "live" && (await show(view.output.lines))) return;
    if (this.job.outputBytes <= WHOLE_UP_TO) {
      const output = view.kind === "live" ? view.output : this.#liveOutput();
      if (view.kind !== "live") this.#change({ kind: "live", output });
      if (output.state.value.phase === "opening") output.start();
      await this.#received(output, offset);
      if (!this.#disposed) await show(output.lines);
      return;
    }
    const past = this.#pastOutput();
    const line = await past.around(offset);
    if (line !== null) this.screen.showLine(past.lines.lines - line, alignment, isMarked);
  }

  /** The part before what the screen still holds. */
  async earlier(): Promise<void> {
    const view = this.view.value;
    if (view.kind === "timed" || this.#isReading) return;
    if (view.kind === "live" && view.output.state.value.phase === "opening") return;
    this.#isReading = true;
    try {
      const first = await this.#offsetOf(view.output.lines, this.screen.linesBelowFirst());
      if (first === null || first === 0 || this.#disposed) return;
      const past = this.#pastOutput();
      const line = await past.before(first);
      if (line !== null) this.screen.showLine(past.lines.lines - line, "top", false);
    } finally {
      this.#isReading = false;
    }
  }

  /** The part behind what is shown; at the end of the output that is the live one again. */
  async later(): Promise<void> {
    const view = this.view.value;
    if (view.kind !== "past" || view.output.state.value.isLoading) return;
    if (view.output.state.value.end >= this.job.outputBytes) return this.live();
    const line = await view.output.later();
    if (line !== null) this.screen.showLine(view.output.lines.lines - line, "bottom", false);
  }

  /** The offset of the line that is selected, or else the first in view; null where lines have no offsets. */
  async place(): Promise<number | null> {
    const view = this.view.value;
    if (view.kind === "timed") return null;
    return await this.#offsetOf(view.output.lines, this.screen.linesBelowPlace());
  }

  async #offsetOf(lines: LineIndex, below: number): Promise<number | null> {
    const line = lines.lines - below;
    if (line <= 0) return lines.start;
    const { offset, lineEnds } = lines.beforeLine(line);
    // Beyond a gap output is followed, and what is not printed yet would be waited for.
    const most = this.job.outputDropped ? Math.max(this.job.outputBytes, offset) : Infinity;
    const bytes = await this.context.client.range(this.job.id, offset, Math.min(offset + MOST_READ, most));
    const at = afterLineEnds(bytes, lineEnds);
    return at === null ? null : offset + at;
  }

  dispose(): void {
    this.#disposed = true;
    this.#awaiting?.();
    this.view.value.output.dispose();
  }

  /** Shows a line of what has been received, if it is there. */
  async #showIn(
    lines: LineIndex,
    offset: number,
    alignment: "top" | "middle",
    isMarked: boolean,
  ): Promise<boolean> {
    const view = this.view.value;
    if (view.kind === "timed" || offset < lines.start) return false;
    if (view.kind === "live" && offset >= view.output.state.value.offset) return false;
    const mark = lines.beforeOffset(offset);
    if (offset - mark.offset > MOST_READ) return false;
    const bytes = offset > mark.offset
      ? await this.context.client.range(this.job.id, mark.offset, offset)
      : new Uint8Array();
    return this.screen.showLine(lines.lines - mark.line - countLineEnds(bytes), alignment, isMarked);
  }

  /** Resolves when an offset has been received and drawn, or will never be. */
  #received(output: Output, offset: number): Promise<void> {
    return new Promise((resolve) => {
      const isDone = () => {
        const { phase, offset: received } = output.state.value;
        return this.#disposed || received > offset || (phase !== "opening" && phase !== "streaming");
      };
      const end = output.state.subscribe(() => check());
      const check = () => {
        if (!isDone()) return;
        end();
        this.#awaiting = null;
        // Behind all that is still to be drawn.
        this.screen.write(new Uint8Array(), resolve);
      };
      this.#awaiting = check;
      check();
    });
  }

  #liveOutput(): Output {
    const { connection, connect, timing, onEnd } = this.context;
    const ended = () => {
      this.screen.end();
      onEnd();
    };
    return new Output(this.job, this.screen, connection, connect, timing, ended, (size) => this.screen.resize(size));
  }

  #pastOutput(): PastOutput {
    const view = this.view.value;
    if (view.kind === "past") return view.output;
    const output = new PastOutput(
      this.job.id,
      this.context.client,
      this.screen,
      () => this.job.outputBytes,
      () => this.job.outputDropped ?? 0,
    );
    this.#change({ kind: "past", output });
    return output;
  }

  #change(view: View): void {
    this.view.value.output.dispose();
    this.screen.setPlain(false);
    // A window of the past replaces what is shown once it is there; until then the old text is better than none.
    if (view.kind !== "past") this.screen.reset();
    this.view.value = view;
  }
}
