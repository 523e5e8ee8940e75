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
  if (viewer.view.value.kind !== "live") viewer.live();
  terminal.setFollowing(true);
  terminal.keyboard.begin((text) => {
    const view = viewer.view.value;
    if (view.kind === "live") view.output.type(text);
  });
}

export function toggleTimes({ viewer }: Stream): void {
  if (viewer.view.value.kind === "timed") viewer.live();
  else void viewer.timed();
}
