import type { OutputClient } from "../api/outputClient.ts";
import type { TerminalSize } from "../api/messages.ts";

/** What a job printed, and when. */
export interface Recording {
  size: TerminalSize;
  /** Seconds from the start, never going back; one for each piece. */
  times: readonly number[];
  pieces: readonly string[];
  /** The recording was longer than this page takes. */
  isCut: boolean;
}

/** A page that plays a recording holds all of it. */
export const LONGEST_RECORDING = 48 * 1024 * 1024;

/** `progress` hears how many characters have come. */
export async function loadRecording(
  job: string,
  client: OutputClient,
  signal: AbortSignal,
  progress: (characters: number) => void,
): Promise<Recording> {
  let size = { cols: 80, rows: 24 };
  const times: number[] = [];
  const pieces: string[] = [];
  let characters = 0;
  for await (const line of client.recording(job, signal)) {
    if (!Array.isArray(line)) {
      const header = line as { width?: number; height?: number };
      size = { cols: header.width ?? size.cols, rows: header.height ?? size.rows };
      continue;
    }
    const [time, kind, text] = line as [number, string, string];
    if (kind !== "o") continue;
    if (characters + text.length > LONGEST_RECORDING) return { size, times, pieces, isCut: true };
    times.push(Math.max(time, times[times.length - 1] ?? 0));
    pieces.push(text);
    characters += text.length;
    if (pieces.length % 512 === 0) progress(characters);
  }
  return { size, times, pieces, isCut: false };
}

/** When each piece is played, if no pause is longer than `limit` seconds. */
export function playTimes(times: readonly number[], limit: number): number[] {
  let played = 0;
  let before = 0;
  return times.map((time) => {
    played += Math.min(time - before, limit);
    before = time;
    return played;
  });
}

/** How many times are at or before `time`. */
export function countUpTo(times: readonly number[], time: number): number {
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] ?? Infinity) <= time) low = middle + 1;
    else high = middle;
  }
  return low;
}

const SEQUENCES =
  // deno-lint-ignore no-control-regex
  /\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?|[ -/]*[0-~])|[\x00-\x08\x0b-\x1f\x7f]/g;

/** The pieces after which a text stands that did not before, ignoring case and everything that is no text. */
export function findInTime(pieces: readonly string[], wanted: string): number[] {
  const sought = wanted.toLowerCase();
  if (sought === "") return [];
  const found: number[] = [];
  // A text may be spread over pieces: what is before each counts as far as a hit can reach back.
  let before = "";
  for (const [index, piece] of pieces.entries()) {
    const text = before + piece.replace(SEQUENCES, "").toLowerCase();
    if (text.indexOf(sought, Math.max(0, before.length - sought.length + 1)) >= 0) found.push(index);
    before = text.slice(-(sought.length - 1) || text.length);
  }
  return found;
}
