import { Follow } from "../src/terminal/follow.ts";
import { cellsThatFit, fontToFit, scrollbackLines } from "../src/terminal/layout.ts";
import { equal } from "./assert.ts";

Deno.test("lets go of the bottom only when a person scrolled, and holds it again at the bottom", () => {
  let now = 0;
  const follow = new Follow(() => now);
  // The viewport moves by itself while output pours.
  equal(follow.moved(false), false);
  equal(follow.isFollowing, true);
  follow.gesture();
  now = 500;
  equal(follow.moved(false), true);
  equal(follow.isFollowing, false);
  now = 5000;
  follow.moved(true);
  equal(follow.isFollowing, false);
  follow.gesture();
  follow.moved(true);
  equal(follow.isFollowing, true);
});

Deno.test("told to follow, it is not let go of by what was scrolled before", () => {
  let now = 0;
  const follow = new Follow(() => now);
  follow.gesture();
  equal(follow.moved(false), true);
  follow.resume();
  now = 100;
  // The viewport is late.
  equal(follow.moved(false), false);
  equal(follow.isFollowing, true);
  follow.gesture();
  equal(follow.moved(false), true);
});

Deno.test("a drag of the scroll bar counts for as long as it lasts", () => {
  let now = 0;
  const follow = new Follow(() => now);
  follow.drag(true);
  now = 60_000;
  equal(follow.moved(false), true);
  follow.drag(false);
  now += 10_000;
  equal(follow.moved(true), false);
});

Deno.test("counts the lines that arrive meanwhile", () => {
  const follow = new Follow(() => 0);
  follow.lineFed();
  follow.set(false);
  follow.lineFed();
  follow.lineFed();
  follow.publish();
  equal(follow.state.value, { isFollowing: false, newLines: 2 });
  follow.set(true);
  equal(follow.state.value, { isFollowing: true, newLines: 0 });
});

Deno.test("takes the largest letters with which the whole terminal is seen", () => {
  const cellAt = (fontSize: number) => ({ width: fontSize * 0.6, height: Math.ceil(fontSize * 1.2) });
  const size = { cols: 120, rows: 40 };
  equal(fontToFit(size, { width: 2000, height: 2000 }, cellAt), 13);
  equal(fontToFit(size, { width: 900, height: 2000 }, cellAt), 12.5);
  equal(fontToFit(size, { width: 2000, height: 560 }, cellAt), 11.5);
  // Too narrow: it scrolls sideways. Too low for its rows: they scroll, and the letters need not be small for them.
  equal(fontToFit(size, { width: 300, height: 2000 }, cellAt), 10);
  equal(fontToFit(size, { width: 900, height: 200 }, cellAt), 12.5);
  // Only what draws on the whole screen is worth small letters.
  equal(fontToFit(size, { width: 2000, height: 500 }, cellAt), 13);
  equal(fontToFit(size, { width: 2000, height: 500 }, cellAt, true), 10);
});

Deno.test("sizes are bounded", () => {
  equal(cellsThatFit({ width: 10, height: 10 }, { width: 8, height: 16 }), { cols: 20, rows: 5 });
  equal([20, 120, 1000].map(scrollbackLines), [50_000, 25_000, 10_000]);
});
