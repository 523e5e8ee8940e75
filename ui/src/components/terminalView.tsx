import { isFinal, type Job, type TerminalSize } from "../api/messages.ts";
import type { Workspace } from "../app.ts";
import { Output } from "../state/output.ts";
import { TerminalScreen } from "../terminal/screen.ts";
import { h, type RefObject, useEffect, useLayoutEffect, useRef, useState, type VNode } from "../view.ts";
import { OutputBar } from "./outputBar.tsx";
import { OutputNotes } from "./outputNotes.tsx";
import { useObservable } from "./useObservable.ts";

interface TerminalViewProps {
  workspace: Workspace;
  job: Job;
  /** For the keys of the page. */
  screen: RefObject<TerminalScreen>;
  isFull: boolean;
  onFull(isFull: boolean): void;
  onLink(target: URL): void;
  onEnd(): void;
}

/** The job's output. One terminal and one stream for as long as this is on the page; give it the job's id as its key. */
export function TerminalView({ workspace, job, screen, isFull, onFull, onLink, onEnd }: TerminalViewProps): VNode {
  const host = useRef<HTMLDivElement>(null);
  const [stream, setStream] = useState<{ output: Output; terminal: TerminalScreen } | null>(null);
  const { app, connection } = workspace;
  const isDark = useObservable(app.isDark);

  useLayoutEffect(() => {
    if (host.current === null) return;
    const terminal = new TerminalScreen(host.current, { size: job.tty, isDark: app.isDark.value, onLink });
    const ended = () => {
      terminal.end();
      onEnd();
    };
    const resized = (size: TerminalSize | false) => terminal.resize(size);
    const output = new Output(job, terminal, connection, app.connect, app.timing, ended, resized);
    output.start();
    screen.current = terminal;
    setStream({ output, terminal });
    return () => {
      screen.current = null;
      output.dispose();
      terminal.dispose();
    };
  }, []);

  useEffect(() => stream?.terminal.setDark(isDark), [stream, isDark]);
  useEffect(() => {
    // Not while somebody reads further up: the jump would take that away.
    if (stream?.terminal.follow.isFollowing) stream.output.catchUp(job.outputBytes, isFinal(job.status));
  }, [stream, job.outputBytes, job.status]);

  return (
    <section class={isFull ? "output full" : "output"} aria-label="Output">
      <OutputBar app={app} job={job} stream={stream} isFull={isFull} onFull={onFull} />
      {stream !== null && <OutputNotes app={app} job={job} stream={stream} />}
      <div class="terminal-host" ref={host} />
    </section>
  );
}
