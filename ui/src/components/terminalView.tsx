import { isFinal, type Job } from "../api/messages.ts";
import { OutputClient } from "../api/outputClient.ts";
import type { Workspace } from "../app.ts";
import { Find } from "../state/find.ts";
import type { Place } from "../state/route.ts";
import { Viewer, type ViewerScreen } from "../state/viewer.ts";
import type { Match } from "../terminal/find.ts";
import { TerminalScreen } from "../terminal/screen.ts";
import { h, useEffect, useLayoutEffect, useRef, useState, type VNode } from "../view.ts";
import * as texts from "../texts/output.ts";
import { FindBar } from "./findBar.tsx";
import { OutputBar } from "./outputBar.tsx";
import { OutputNotes } from "./outputNotes.tsx";
import type { Stream } from "./stream.ts";
import { useObservable } from "./useObservable.ts";
import { useOutputKeys } from "./useOutputKeys.ts";

export interface TerminalViewProps {
  workspace: Workspace;
  job: Job;
  place: Place | null;
  isFull: boolean;
  onFull(isFull: boolean): void;
  onLink(target: URL): void;
  onEnd(): void;
}

/** The job's output. One terminal and one stream for as long as this is on the page; give it the job's id as its key. */
export function TerminalView({ workspace, job, place, isFull, onFull, onLink, onEnd }: TerminalViewProps): VNode {
  const host = useRef<HTMLDivElement>(null);
  const findField = useRef<HTMLInputElement>(null);
  const [stream, setStream] = useState<Stream | null>(null);
  const [isFinding, setFinding] = useState(false);
  const { app } = workspace;
  const isDark = useObservable(app.isDark);
  const offset = place?.kind === "at" ? place.offset : null;

  useLayoutEffect(() => {
    if (host.current === null) return;
    const terminal = new TerminalScreen(host.current, { size: job.tty, isDark: app.isDark.value, onLink });
    const made = makeStream(workspace, job, terminal, onEnd);
    terminal.onTop = () => {
      if (made.viewer.view.value.kind !== "timed" && !terminal.isDrawnOn.value && isCut(made)) {
        void made.viewer.earlier();
      }
    };
    const kept = workspace.takeKeptOutput(job.id);
    const looked = kept?.find ?? null;
    if (looked !== null) {
      made.find.restore(looked);
      setFinding(true);
    }
    void made.viewer.start(offset, kept).then(() => made.find.refresh());
    setStream(made);
    workspace.reading = {
      job: job.id,
      isTyping: () => terminal.keyboard.isOn.value,
      keep: async () => ({
        offset: terminal.follow.isFollowing ? null : await made.viewer.place().catch(() => null),
        isTimed: made.viewer.view.value.kind === "timed",
        find: made.find.query,
      }),
    };
    return () => {
      workspace.reading = null;
      made.find.dispose();
      made.viewer.dispose();
      terminal.dispose();
    };
  }, []);

  useEffect(() => stream?.terminal.setDark(isDark), [stream, isDark]);
  useEffect(() => stream?.viewer.learn(job, stream.terminal.follow.isFollowing), [stream, job]);
  useEffect(() => {
    // Nothing is typed into a job that has ended.
    if (isFinal(job.status)) stream?.terminal.keyboard.end();
  }, [stream, job.status]);
  // A link to another line of the output that is already open.
  const opened = useRef(offset);
  useEffect(() => {
    if (offset !== null && offset !== opened.current) void stream?.viewer.open(offset);
    opened.current = offset;
  }, [stream, offset]);
  useOutputKeys({
    workspace,
    job,
    stream,
    isFull,
    onFull,
    onFind: () => {
      setFinding(true);
      requestAnimationFrame(() => findField.current?.select());
    },
  });

  return (
    <section class={isFull ? "output full" : "output"} aria-label={texts.output}>
      <OutputBar
        workspace={workspace}
        job={job}
        stream={stream}
        isFull={isFull}
        onFull={onFull}
        isFinding={isFinding}
        onFind={() => setFinding(!isFinding)}
      />
      {stream !== null && isFinding && (
        <FindBar
          find={stream.find}
          field={findField}
          isAll={!isCut(stream)}
          onOpen={(hit) => void stream.viewer.open(hit.offset).then(() => stream.find.refresh())}
          onClose={() => {
            stream.find.look({ text: "" });
            setFinding(false);
          }}
        />
      )}
      {stream !== null && <OutputNotes workspace={workspace} job={job} stream={stream} isFull={isFull} />}
      <div class="terminal-host" ref={host} />
    </section>
  );
}

/** Whether there is output before what the terminal still holds. */
function isCut({ viewer, terminal }: Stream): boolean {
  const view = viewer.view.value;
  if (view.kind === "timed") return true;
  return view.output.state.value.start > 0 || terminal.isTrimmed.value;
}

function makeStream(workspace: Workspace, job: Job, terminal: TerminalScreen, onEnd: () => void): Stream {
  const { app, connection } = workspace;
  const client = new OutputClient(app.client.http);
  const screen: ViewerScreen = {
    write: (bytes, parsed) => terminal.write(bytes, parsed),
    reset: () => terminal.reset(),
    end: () => terminal.end(),
    resize: (size) => terminal.resize(size),
    setPlain: (isPlain) => terminal.setPlain(isPlain),
    setFollowing: (isFollowing) => terminal.setFollowing(isFollowing),
    showLine: (below, alignment, isMarked) => terminal.reader.showLine(below, alignment, isMarked),
    linesBelowPlace: () => terminal.reader.linesBelowPlace(),
    linesBelowFirst: () => terminal.reader.linesBelowFirst(),
  };
  const viewer = new Viewer(job, screen, { client, connection, connect: app.connect, timing: app.timing, onEnd });
  const find = new Find<Match>(job.id, terminal.reader, client, app.timing);
  return { viewer, terminal, find };
}
