import { Player } from "../src/state/player.ts";
import { countUpTo, findInTime, playTimes, type Recording } from "../src/state/recording.ts";
import { equal } from "./assert.ts";
import { FakeScreen, ManualTiming } from "./fakes.ts";

const RECORDING: Recording = {
  size: { cols: 80, rows: 24 },
  times: [0.5, 1, 11, 11.5],
  pieces: ["one ", "two ", "three ", "four"],
  isCut: false,
};

/** A screen that parses at once. */
class Screen extends FakeScreen {
  override write(bytes: Uint8Array, parsed: () => void): void {
    super.write(bytes, parsed);
    this.parse();
  }
}

function make() {
  const timing = new ManualTiming();
  const screen = new Screen();
  const player = new Player(RECORDING, screen, timing);
  player.setIdleLimit(Infinity);
  return { timing, screen, player };
}

Deno.test("plays each piece at its time, and stops at the end", () => {
  const { timing, screen, player } = make();
  player.play();
  timing.advance(600);
  equal(screen.text, "one ");
  timing.advance(500);
  equal(screen.text, "one two ");
  timing.advance(9000);
  equal(screen.text, "one two ");
  timing.advance(2000);
  equal([screen.text, player.state.value.isPlaying, timing.waiting], ["one two three four", false, 0]);
});

Deno.test("shortens pauses and plays faster, without leaving anything out", () => {
  const { timing, screen, player } = make();
  player.setIdleLimit(1);
  player.setSpeed(2);
  player.play();
  timing.advance(600);
  equal(screen.text, "one two ");
  // Recorded 1 to 11 s is played as one second, at twice the speed.
  timing.advance(450);
  equal(screen.text, "one two three ");
  equal(playTimes(RECORDING.times, 1), [0.5, 1, 2, 2.5]);
});

Deno.test("shows exactly what had been printed at a moment, forwards and backwards", () => {
  const { screen, player } = make();
  player.seek(11);
  equal([screen.text, screen.resets], ["one two three ", 0]);
  player.seek(0.7);
  equal([screen.text, screen.resets], ["one ", 1]);
  player.step(1);
  equal([screen.text, player.state.value.time], ["one two ", 1]);
  player.step(-1);
  equal([screen.text, player.state.value.time], ["one ", 0.5]);
  player.seek(0);
  equal(screen.text, "");
});

Deno.test("pauses at the frame", () => {
  const { timing, screen, player } = make();
  player.play();
  timing.advance(700);
  player.pause();
  timing.advance(60_000);
  equal([screen.text, timing.waiting], ["one ", 0]);
  equal(Math.abs(player.state.value.time - 0.7) < 0.05, true);
});

Deno.test("finds text in time, across pieces and sequences", () => {
  equal(findInTime(["say \x1b[31mhel", "lo\x1b[0m", " hello", "x"], "HELLO"), [1, 2]);
  equal(findInTime(["abc"], ""), []);
  equal([countUpTo([1, 2, 2, 3], 2), countUpTo([], 1)], [3, 0]);
});
