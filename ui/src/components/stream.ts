import type { Find } from "../state/find.ts";
import type { Viewer } from "../state/viewer.ts";
import type { Match } from "../terminal/find.ts";
import type { TerminalScreen } from "../terminal/screen.ts";

/** An open job's output, with what draws it and what finds in it. */
export interface Stream {
  viewer: Viewer;
  terminal: TerminalScreen;
  find: Find<Match>;
}

/** Types into the job, until it is turned off. */
export function beginTyping({ viewer, terminal }: Stream): void {
  const toEnd = () => {
    if (viewer.view.value.kind !== "live") viewer.live();
    if (!terminal.follow.isFollowing) terminal.setFollowing(true);
  };
  toEnd();
  terminal.keyboard.begin((text) => {
    // Whoever has scrolled up meanwhile sees what they type.
    toEnd();
    const view = viewer.view.value;
    if (view.kind === "live") view.output.type(text);
  });
}

export function toggleTimes({ viewer }: Stream): void {
  if (viewer.view.value.kind === "timed") viewer.live();
  else void viewer.timed();
}
