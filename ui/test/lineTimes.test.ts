import { LineTimes } from "../src/state/lineTimes.ts";
import { equal } from "./assert.ts";

/** Written in pieces of so many bytes. */
function written(text: string, size: number, today: Date): string {
  const times = new LineTimes(today);
  const bytes = new TextEncoder().encode(text);
  const decoder = new TextDecoder();
  let out = "";
  for (let at = 0; at < bytes.length; at += size) {
    out += decoder.decode(times.write(bytes.subarray(at, at + size)), { stream: true });
  }
  return out;
}

Deno.test("times before lines are of this place and short, however the bytes come", () => {
  const first = new Date(2026, 10, 23, 16, 0, 9, 120);
  const next = new Date(2026, 10, 24, 0, 0, 1, 5);
  const line = (date: Date, text: string) => `${date.toISOString().replace("Z", "456Z")} ${text}\n`;
  const text = line(first, "hä") + line(first, "") + line(next, "morning") + "no time here\n";
  const expected = "\x1b[2m16:00:09.120\x1b[22m hä\n\x1b[2m16:00:09.120\x1b[22m \n" +
    `\x1b[2m${next.toLocaleDateString()}\x1b[22m\n\x1b[2m00:00:01.005\x1b[22m morning\nno time here\n`;
  for (const size of [1, 2, 3, 7, 29, 1000]) equal([size, written(text, size, first)], [size, expected]);
});
