/** The server keeps so much of what is typed but not yet read by the job. */
const WINDOW = 64 * 1024;
const PIECE = 8 * 1024;
/** More is no typing: a paste beyond it is refused as a whole, rather than half typed later. */
const MOST_WAITING = 4 * 1024 * 1024;

/** What is typed into a job, sent as fast as the job takes it and never faster. */
export class Typing {
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #sent = 0;
  #taken = 0;
  #isOpen = false;

  constructor(private readonly send: (bytes: Uint8Array) => void) {}

  /** From now on it is sent; what was typed before has waited. */
  begin(): void {
    this.#isOpen = true;
    this.#flush();
  }

  /** Returns whether it will be sent. */
  type(text: string): boolean {
    const bytes = new TextEncoder().encode(text);
    if (this.#waitingBytes + bytes.length > MOST_WAITING) return false;
    for (let start = 0; start < bytes.length; start += PIECE) this.#waiting.push(bytes.subarray(start, start + PIECE));
    this.#waitingBytes += bytes.length;
    this.#flush();
    return true;
  }

  /** The server's count of bytes that are out of the way, from the start of the connection. */
  taken(bytes: number): void {
    this.#taken = Math.max(this.#taken, bytes);
    this.#flush();
  }

  #flush(): void {
    if (!this.#isOpen) return;
    for (let piece = this.#waiting[0]; piece !== undefined; piece = this.#waiting[0]) {
      if (this.#sent - this.#taken + piece.length > WINDOW) return;
      this.#waiting.shift();
      this.#waitingBytes -= piece.length;
      this.#sent += piece.length;
      this.send(piece);
    }
  }
}
