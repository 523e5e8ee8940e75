/** `2026-11-23T16:00:00.123456Z `, which the server writes before each line. */
const STAMP = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3})\d*Z$/;
const LONGEST_STAMP = 40;
const [NEWLINE, SPACE] = [10, 32];

/** Writes the times before lines as a clock on the wall shows them, and the day where it changes. */
export class LineTimes {
  readonly #encoder = new TextEncoder();
  readonly #decoder = new TextDecoder();
  /** The start of a line whose time has not come whole; null within a line. */
  #start: number[] | null = [];
  #day: string;

  /** Times of `today` need no day. */
  constructor(today: Date) {
    this.#day = today.toDateString();
  }

  write(bytes: Uint8Array): Uint8Array {
    const out: Uint8Array[] = [];
    let at = 0;
    while (at < bytes.length) {
      if (this.#start === null) {
        const end = bytes.indexOf(NEWLINE, at);
        const next = end < 0 ? bytes.length : end + 1;
        out.push(bytes.subarray(at, next));
        if (end >= 0) this.#start = [];
        at = next;
        continue;
      }
      const byte = bytes[at] ?? SPACE;
      at += 1;
      this.#start.push(byte);
      if (byte !== SPACE && byte !== NEWLINE && this.#start.length < LONGEST_STAMP) continue;
      out.push(this.#stamp(Uint8Array.from(this.#start)));
      this.#start = byte === NEWLINE ? [] : null;
    }
    return joined(out);
  }

  #stamp(bytes: Uint8Array): Uint8Array {
    const [, time] = STAMP.exec(this.#decoder.decode(bytes).trimEnd()) ?? [];
    if (time === undefined) return bytes;
    const date = new Date(`${time}Z`);
    const day = date.toDateString();
    const before = day === this.#day ? "" : `\x1b[2m${date.toLocaleDateString()}\x1b[22m\n`;
    this.#day = day;
    const two = (value: number) => String(value).padStart(2, "0");
    const clock = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
    const end = bytes.at(-1) === NEWLINE ? "\n" : " ";
    return this.#encoder.encode(`${before}\x1b[2m${clock}${time.slice(-4)}\x1b[22m${end}`);
  }
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}
