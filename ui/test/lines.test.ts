import { OutputClient } from "../src/api/outputClient.ts";
import { Http } from "../src/api/http.ts";
import { afterLineEnds, countLineEnds, LineIndex } from "../src/state/lineIndex.ts";
import { PastOutput } from "../src/state/pastOutput.ts";
import { equal } from "./assert.ts";
import { settle } from "./fakes.ts";

const encode = (text: string) => new TextEncoder().encode(text);

/** Numbered lines, each of 8 bytes. */
function numbered(count: number): Uint8Array {
  return encode(Array.from({ length: count }, (_, index) => `${String(index).padStart(7, "0")}\n`).join(""));
}

Deno.test("finds the start of any line from a mark before it, and the line of any offset", () => {
  const index = new LineIndex();
  const bytes = numbered(100_000);
  index.clear(0);
  for (let at = 0; at < bytes.length; at += 10_000) {
    index.add(bytes.subarray(at, at + 10_000), Math.min(bytes.length, at + 10_000));
  }
  equal(index.lines, 100_000);
  for (const line of [0, 1, 4096, 50_001, 99_999]) {
    const { offset, lineEnds } = index.beforeLine(line);
    const at = offset + (afterLineEnds(bytes.subarray(offset), lineEnds) ?? NaN);
    equal(at, line * 8, `line ${line}`);
    const mark = index.beforeOffset(at);
    equal(mark.line + countLineEnds(bytes.subarray(mark.offset, at)), line, `offset of line ${line}`);
  }
});

Deno.test("stays small however much is printed", () => {
  const index = new LineIndex();
  const piece = numbered(8192);
  index.clear(5);
  for (let round = 1; round <= 6_000; round += 1) index.add(piece, 5 + round * piece.length);
  const middle = index.beforeOffset(5 + 3_000 * piece.length);
  equal(middle.line, (middle.offset - 5) / 8);
  equal(3_000 * piece.length - middle.offset < 2 * 1024 * 1024, true);
});

/** A screen that keeps what it was given since it was cleared. */
class TextScreen {
  text = "";
  write(bytes: Uint8Array, parsed: () => void) {
    this.text += new TextDecoder().decode(bytes);
    parsed();
  }
  reset() {
    this.text = "";
  }
  end() {}
}

function past(bytes: Uint8Array) {
  const ranges: string[] = [];
  const send = ((_: string, init: RequestInit) => {
    const range = new Headers(init.headers).get("Range") ?? "";
    ranges.push(range);
    const [, from, to] = /bytes=(\d+)-(\d+)/.exec(range) ?? [];
    return Promise.resolve(new Response(bytes.slice(Number(from), Number(to) + 1), { status: 206 }));
  }) as unknown as typeof fetch;
  const screen = new TextScreen();
  const output = new PastOutput("job", new OutputClient(new Http("", send)), screen, () => bytes.length);
  return { output, screen, ranges };
}

Deno.test("reads older output back a bounded window at a time, from whole lines to whole lines", async () => {
  const bytes = numbered(1_000_000);
  const { output, screen } = past(bytes);
  const line = await output.around(4_000_000);
  const lines = screen.text.split("\n").slice(0, -1);
  equal(lines[line ?? -1], "0500000");
  equal([lines[0]?.length, lines.length], [7, 9000]);
  const { start, end } = output.state.value;
  equal(screen.text, new TextDecoder().decode(bytes.subarray(start, end)));
  // What was the first line is still in sight when the window has moved up, and nothing is missing between.
  const before = await output.before(start);
  const earlier = screen.text.split("\n");
  equal(earlier[before ?? -1], lines[0]);
  const later = await output.later();
  equal(screen.text.split("\n")[later ?? -1]?.length, 7);
});

Deno.test("goes to the very first and the very last byte", async () => {
  const { output, screen } = past(encode("a\nb\nthe end without a line end"));
  equal(await output.around(0), 0);
  equal(screen.text, "a\nb\nthe end without a line end");
  equal(await output.before(4), 2);
  equal(output.state.value.start, 0);
});

Deno.test("shows output without line ends too", async () => {
  const { output, screen } = past(encode("x".repeat(3_000_000)));
  equal(await output.around(1_500_000), 0);
  equal(screen.text.length > 0, true);
  await settle();
  equal(output.state.value.isLoading, false);
});

Deno.test("reads on both sides of a gap, and over it in both directions", async () => {
  const [first, last, dropped] = [numbered(20_000), numbered(20_000), 5_000_000];
  const [gap, behind] = [first.length, first.length + dropped];
  const total = behind + last.length;
  const send = ((address: string) => {
    const url = new URL(address, "http://server");
    // As the server: no ranges of output that has a gap.
    if (url.searchParams.get("gaps") !== "cut") return Promise.resolve(new Response("marked"));
    const from = Number(url.searchParams.get("from"));
    const isBehind = from >= gap;
    const start = isBehind ? Math.max(from, behind) : from;
    const body = isBehind ? last.slice(start - behind) : first.slice(start);
    const headers: HeadersInit = start > from ? { "Srun-Output-Dropped": String(start - from) } : {};
    return Promise.resolve(new Response(body, { headers }));
  }) as unknown as typeof fetch;
  const client = new OutputClient(new Http("", send));
  const output = new PastOutput("job", client, new TextScreen(), () => total, () => dropped);
  // The last lines before the gap, on over it, and back.
  await output.around(gap - 8);
  equal(output.state.value.end, gap);
  await output.later();
  equal(output.state.value.start, behind);
  await output.before(behind);
  equal(output.state.value.end, gap);
  // A place shortly behind the gap is shown from there on, and one in it as the first that is there again.
  await output.around(behind + 80);
  equal(output.state.value.start, behind);
  await output.around(gap + 80);
  equal(output.state.value.start, behind);
});
