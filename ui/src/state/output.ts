import { CloseCode, isFinal, type Job, type TerminalSize } from "../api/messages.ts";
import { type LogEnd, type LogHello, type LogSocket, openLogSocket } from "../api/logSocket.ts";
import type { Connect } from "../api/socket.ts";
import { notKept } from "../texts/output.ts";
import { LineIndex } from "./lineIndex.ts";
import { Typing } from "./typing.ts";
import type { Connection, Link } from "./connection.ts";
import { Observable } from "./observable.ts";
import { FrameGate, type Timing } from "./timing.ts";

/** Where the output goes: a terminal, or a list in tests. */
export interface OutputScreen {
  /** `parsed` is called, in order, when the bytes have become text on the screen. */
  write(bytes: Uint8Array, parsed: () => void): void;
  reset(): void;
}

export interface OutputState {
  /** `incomplete`: the job has ended and its last bytes could not be had. */
  phase: "opening" | "streaming" | "ended" | "incomplete" | "removed";
  /** The offset of the first byte shown. */
  start: number;
  /** The offset after the last byte received. */
  offset: number;
  /** What was left out between two pieces, because it came faster than it could be shown. */
  skipped: number;
}

/** Output longer than this is shown from its tail on; the whole is there to download. */
export const WHOLE_UP_TO = 4 * 1024 * 1024;
export const TAIL = 2 * 1024 * 1024;
/** The server sends 512 KiB that are not acknowledged, more only to the fast, so it must hear of parsed bytes well before that. */
const ACKNOWLEDGE_EVERY = 64 * 1024;
/** How far into a tail to look for the start of a line. Output without line ends is shown from where it begins. */
const LONGEST_CUT_LINE = 64 * 1024;
const MOST_REFETCHES = 3;
/** A job can write faster than any terminal draws. Farther behind than this, what is drawn is no longer what happens. */
export const FARTHEST_BEHIND = 16 * 1024 * 1024;
const BETWEEN_JUMPS = 5000;

/**
 * One job's output, streamed to a screen.
 *
 * The place in the stream is the offset after the last received byte and nothing else: a lost connection is resumed there,
 * and what is on the screen stays. Nothing is buffered here; the terminal's own queue is bounded by the acknowledgements.
 */
export class Output implements Link {
  readonly state = new Observable<OutputState>({ phase: "opening", start: 0, offset: 0, skipped: 0 });
  readonly lines = new LineIndex();
  readonly typing: Typing;
  #phase: OutputState["phase"] = "opening";
  #socket: LogSocket | null = null;
  /** Null while what is wanted is a tail: the server then says where it begins. */
  #offset: number | null = null;
  /** What to ask for without an offset. */
  #first: number;
  #isShown = false;
  #skipped = 0;
  #lastJump = -Infinity;
  #jumpedFrom: number | null = null;
  #start = 0;
  #isCuttingLine = false;
  #acknowledged = 0;
  #refetches = 0;
  /** Grows with each reset of the screen, so that late reports about bytes from before it are recognized. */
  #generation = 0;
  readonly #publish: FrameGate;

  constructor(
    private readonly job: Job,
    private readonly screen: OutputScreen,
    private readonly connection: Connection,
    private readonly connect: Connect,
    private readonly timing: Timing,
    private readonly onEnd: () => void = () => {},
    private readonly onSize: (size: TerminalSize | false) => void = () => {},
  ) {
    this.#first = firstOffset(job);
    this.#publish = new FrameGate(timing, () => this.#tell());
    this.typing = new Typing(timing, (bytes) => this.#socket?.input(bytes));
  }

  start(): void {
    this.connection.add(this);
  }

  open(): void {
    this.#socket?.close();
    this.typing.pause();
    this.#socket = openLogSocket(this.connect, this.job.id, this.#offset ?? this.#first, this.#offset === null, {
      hello: (message) => this.#begin(message),
      output: (bytes) => this.#receive(bytes),
      gap: (bytes) => this.#skip(bytes),
      end: (message) => this.#end(message),
      closed: (code) => this.#closed(code),
      size: this.onSize,
      taken: (bytes) => this.typing.taken(bytes),
    });
  }

  /** Types into the job's terminal. */
  type(text: string): void {
    if (this.#phase === "opening" || this.#phase === "streaming") this.typing.type(text);
  }

  /** Asks for another size of the job's terminal. */
  resize(size: TerminalSize): void {
    this.#socket?.resize(size);
  }

  /**
   * Leaves out what lies between, when the output has grown to `total` bytes and this is far behind. Once the job has ended, its
   * end is what is looked for, so less is far.
   */
  catchUp(total: number, hasEnded: boolean): void {
    const now = this.timing.now();
    const far = hasEnded ? WHOLE_UP_TO : FARTHEST_BEHIND;
    if (this.#phase !== "streaming" || total - (this.#offset ?? total) < far) return;
    if (!hasEnded && now - this.#lastJump < BETWEEN_JUMPS) return;
    this.#lastJump = now;
    this.#jumpedFrom = this.#offset;
    this.#first = -TAIL;
    this.#offset = null;
    this.open();
  }

  dispose(): void {
    this.#generation += 1;
    this.#publish.dispose();
    this.typing.dispose();
    this.#leave();
  }

  #begin(hello: LogHello): void {
    if (this.#offset !== hello.from) {
      // A tail, or a server that begins elsewhere than asked: what is shown must have no gap.
      if (this.#isShown) {
        this.#generation += 1;
        this.screen.reset();
      }
      this.#start = hello.from;
      this.#isCuttingLine = hello.from > 0;
      this.lines.clear(hello.from);
    }
    if (this.#jumpedFrom !== null) this.#skipped += Math.max(0, hello.from - this.#jumpedFrom);
    this.#jumpedFrom = null;
    this.#isShown = true;
    this.#offset = hello.from;
    this.#acknowledged = hello.from;
    this.#phase = "streaming";
    this.onSize(hello.tty);
    if (hello.screen) {
      this.#isCuttingLine = false;
      this.screen.write(Uint8Array.from(atob(hello.screen.base64), (letter) => letter.charCodeAt(0)), () => {});
    }
    this.typing.begin();
    this.connection.opened(this);
    this.#tell();
  }

  #receive(bytes: Uint8Array): void {
    if (this.#offset === null) return;
    this.#offset += bytes.length;
    const end = this.#offset;
    const generation = this.#generation;
    const wasCutting = this.#isCuttingLine;
    const shown = wasCutting ? this.#cutLine(bytes, end) : bytes;
    if (wasCutting) this.lines.clear(this.#start);
    if (!this.#isCuttingLine) this.lines.add(shown, end);
    this.screen.write(shown, () => {
      if (generation === this.#generation) this.#acknowledge(end);
    });
    this.#publish.request();
  }

  #skip(bytes: number): void {
    if (this.#offset === null) return;
    this.#offset += bytes;
    this.#isCuttingLine = false;
    const line = new TextEncoder().encode(`\r\n${notKept(bytes)}\r\n`);
    this.lines.gap(line, this.#offset);
    this.screen.write(line, () => {});
    this.#publish.request();
  }

  /** A tail begins anywhere, perhaps inside a character or a control sequence: it is shown from its first whole line. */
  #cutLine(bytes: Uint8Array, end: number): Uint8Array {
    const lineEnd = bytes.indexOf(0x0a);
    if (lineEnd >= 0) {
      this.#isCuttingLine = false;
      this.#start = end - bytes.length + lineEnd + 1;
      return bytes.subarray(lineEnd + 1);
    }
    if (end - this.#start < LONGEST_CUT_LINE) return bytes.subarray(bytes.length);
    this.#isCuttingLine = false;
    this.#start = end - bytes.length;
    return bytes;
  }

  #acknowledge(offset: number): void {
    if (offset - this.#acknowledged < ACKNOWLEDGE_EVERY) return;
    this.#acknowledged = offset;
    this.#socket?.acknowledge(offset);
  }

  #end(message: LogEnd): void {
    const isShort = (this.#offset ?? 0) < message.bytes;
    if (isShort && this.#refetches < MOST_REFETCHES) {
      this.#refetches += 1;
      this.open();
      return;
    }
    this.#phase = isShort ? "incomplete" : "ended";
    this.#leave();
    this.#tell();
    this.onEnd();
  }

  #closed(code: number): void {
    this.#socket = null;
    if (code === CloseCode.removed) {
      this.#phase = "removed";
      this.#leave();
      this.#tell();
      return;
    }
    this.typing.lose();
    this.connection.lost(this);
  }

  #leave(): void {
    this.#socket?.close();
    this.#socket = null;
    this.connection.remove(this);
  }

  #tell(): void {
    this.state.value = { phase: this.#phase, start: this.#start, offset: this.#offset ?? 0, skipped: this.#skipped };
  }
}

function firstOffset(job: Job): number {
  // While a job runs its size is only as new as its last event; the server then takes what it has for the end.
  return job.outputBytes > WHOLE_UP_TO || (!isFinal(job.status) && job.outputBytes > TAIL) ? -TAIL : 0;
}
