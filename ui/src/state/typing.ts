import { Observable } from "./observable.ts";
import type { Timing } from "./timing.ts";

/** The server keeps so much of what is typed but not yet read by the job. */
const WINDOW = 64 * 1024;
const PIECE = 8 * 1024;
/** More is no typing: a paste beyond it is refused as a whole, rather than half typed later. */
const MOST_WAITING = 4 * 1024 * 1024;
/** Whoever has typed looks up after so many milliseconds without an answer. */
const LATE_AFTER = 2000;

/**
 * What becomes of the keys.
 *
 * - `sent`: they reach the job.
 * - `late`: the last ones have not been taken: the job does not read them, or the connection hangs.
 * - `lost`: there is no connection.
 * - `dropped`: there is none, and somebody has typed.
 * - `missed`: there is one again, and what was typed without it was not sent; until something is typed.
 * - `doubtful`: the same, of what was on its way when the connection was lost.
 */
export type KeysState = "sent" | "late" | "lost" | "dropped" | "missed" | "doubtful";

/**
 * What is typed into a job, sent as fast as the job takes it and never faster.
 *
 * Nothing is kept over a lost connection: what somebody typed at a screen that stood still would be done to one that has gone on.
 */
export class Typing {
  readonly state = new Observable<KeysState>("sent");
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #sent = 0;
  #taken = 0;
  #isOpen = false;
  #isLost = false;
  #wasOnItsWay = false;
  #cancelTimer: (() => void) | null = null;

  constructor(private readonly timing: Timing, private readonly send: (bytes: Uint8Array) => void) {}

  /** There is a connection. What waited for the first one is sent now. */
  begin(): void {
    this.#isOpen = true;
    if (this.#isLost) {
      const { value } = this.state;
      this.state.value = value === "dropped" ? "missed" : this.#wasOnItsWay ? "doubtful" : "sent";
      this.#isLost = false;
      this.#wasOnItsWay = false;
    }
    this.#flush();
  }

  /** Another connection takes the place of this one, which was not lost. */
  pause(): void {
    this.#isOpen = false;
    this.#sent = 0;
    this.#taken = 0;
    this.#settle();
  }

  lose(): void {
    const hasTyped = this.#waitingBytes > 0 || this.state.value === "dropped";
    this.#wasOnItsWay ||= this.#sent > this.#taken;
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#isLost = true;
    this.pause();
    this.state.value = hasTyped ? "dropped" : "lost";
  }

  /** Returns whether it will be sent. */
  type(text: string): boolean {
    if (this.#isLost) {
      this.state.value = "dropped";
      return false;
    }
    const bytes = new TextEncoder().encode(text);
    if (this.#waitingBytes + bytes.length > MOST_WAITING) return false;
    if (this.state.value !== "late") this.state.value = "sent";
    for (let start = 0; start < bytes.length; start += PIECE) this.#waiting.push(bytes.subarray(start, start + PIECE));
    this.#waitingBytes += bytes.length;
    this.#flush();
    return true;
  }

  /** The server's count of bytes that are out of the way, from the start of the connection. */
  taken(bytes: number): void {
    this.#taken = Math.max(this.#taken, bytes);
    this.#settle();
    this.#flush();
  }

  dispose(): void {
    this.#cancelTimer?.();
  }

  #flush(): void {
    if (!this.#isOpen) return;
    for (let piece = this.#waiting[0]; piece !== undefined; piece = this.#waiting[0]) {
      if (this.#sent - this.#taken + piece.length > WINDOW) break;
      this.#waiting.shift();
      this.#waitingBytes -= piece.length;
      this.#sent += piece.length;
      this.send(piece);
    }
    if (this.#sent > this.#taken) this.#cancelTimer ??= this.timing.after(LATE_AFTER, () => this.#isLate());
  }

  #isLate(): void {
    this.#cancelTimer = null;
    this.state.value = "late";
  }

  /** Something was taken, so what is still waited for is waited for anew. */
  #settle(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    if (this.state.value === "late") this.state.value = "sent";
    if (this.#isOpen && this.#sent > this.#taken) {
      this.#cancelTimer = this.timing.after(LATE_AFTER, () => this.#isLate());
    }
  }
}
