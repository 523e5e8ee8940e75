import { isFinal, type Job } from "../api/messages.ts";
import type { Workspace } from "../app.ts";
import { useLayoutEffect } from "../view.ts";
import * as texts from "../texts/output.ts";
import { beginTyping, type Stream, toggleTimes } from "./stream.ts";

interface OutputKeys {
  workspace: Workspace;
  job: Job;
  stream: Stream | null;
  isFull: boolean;
  onFull(isFull: boolean): void;
  onFind(): void;
}

/** The single keys that are about the output. */
export function useOutputKeys({ workspace, job, stream, isFull, onFull, onFind }: OutputKeys): void {
  const { shortcuts, session, preferences } = workspace.app;
  const canType = session.can("input") && job.tty !== false && !isFinal(job.status);
  useLayoutEffect(() => {
    if (stream === null) return;
    const { terminal, viewer } = stream;
    const error = (step: 1 | -1) => {
      if (!terminal.reader.nextError(step)) {
        workspace.announcement.value = step > 0 ? texts.noErrorBelow : texts.noErrorAbove;
      }
    };
    return shortcuts.bind({
      "/": onFind,
      e: () => error(1),
      E: () => error(-1),
      g: () => terminal.toTop(),
      G: () => viewer.view.value.kind === "past" ? viewer.live() : terminal.toBottom(),
      f: () => onFull(!isFull),
      ".": () =>
        viewer.view.value.kind === "past" ? viewer.live() : terminal.setFollowing(!terminal.follow.isFollowing),
      t: () => toggleTimes(stream),
      w: () => preferences.wraps.value = !preferences.wraps.value,
      ...(canType ? { i: () => beginTyping(stream) } : {}),
      ...(isFull ? { Escape: () => onFull(false) } : {}),
    });
  }, [stream, isFull, canType]);
}
