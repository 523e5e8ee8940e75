import { isFinal, type Job } from "../api/messages.ts";
import type { App } from "../app.ts";
import { downloadName } from "../fileName.ts";
import { bytes } from "../format.ts";
import type { Output } from "../state/output.ts";
import type { PastOutput } from "../state/pastOutput.ts";
import { Fragment, h, type VNode } from "../view.ts";
import type { Stream } from "./stream.ts";
import { useObservable } from "./useObservable.ts";

interface NotesProps {
  app: App;
  job: Job;
  stream: Stream;
}

/** What the terminal cannot say itself: what it does not show, and why it is empty. */
export function OutputNotes(props: NotesProps): VNode | null {
  const view = useObservable(props.stream.viewer.view);
  const isTyping = useObservable(props.stream.terminal.keyboard.isOn);
  return (
    <Fragment>
      {isTyping && (
        <p class="notice typing-note" role="status">
          Keys go to the job. <kbd>Ctrl</kbd> + <kbd>]</kbd> gives them back.
        </p>
      )}
      {(props.job.outputDropped ?? 0) > 0 && (
        <p class="notice warn">
          {bytes(props.job.outputDropped ?? 0)} were dropped, because the job has printed more than it may.
        </p>
      )}
      {view.kind === "live" && <LiveNotes {...props} output={view.output} />}
      {view.kind === "past" && <PastNotes {...props} output={view.output} />}
    </Fragment>
  );
}

function LiveNotes({ app, job, stream, output }: NotesProps & { output: Output }): VNode {
  const { phase, start, offset, skipped } = useObservable(output.state);
  const isTrimmed = useObservable(stream.terminal.isTrimmed);
  const download = <a href={app.client.outputAddress(job.id)} download={downloadName(job)}>Download all of it</a>;
  const older = (
    <button type="button" class="link-button" onClick={() => void stream.viewer.earlier()}>Show what is before</button>
  );
  return (
    <Fragment>
      {phase === "incomplete" && (
        <p class="notice error" role="alert">The last part of the output could not be read. {download}</p>
      )}
      {phase === "removed" && <p class="notice warn" role="alert">This job has been removed.</p>}
      {skipped > 0
        ? (
          <p class="notice output-older">
            Skipped {bytes(skipped)} that came faster than it can be shown. {older} {download}
          </p>
        )
        : start > 0
        ? <p class="notice output-older">The first {bytes(start)} are not shown here. {older} {download}</p>
        : isTrimmed && <p class="notice output-older">The first lines are no longer shown here. {older} {download}</p>}
      {offset === 0 && phase !== "opening" && phase !== "removed" && (
        <p class="output-empty">
          {isFinal(job.status)
            ? "The job wrote nothing."
            : job.status === "queued"
            ? "Waiting for its turn."
            : "No output yet."}
        </p>
      )}
    </Fragment>
  );
}

function PastNotes({ job, stream, output }: NotesProps & { output: PastOutput }): VNode {
  const { start, end, isLoading, error } = useObservable(output.state);
  const { viewer } = stream;
  return (
    <Fragment>
      {error !== null && <p class="notice error" role="alert">{error}</p>}
      <p class="notice output-older">
        An older part of the output: {bytes(start)} to {bytes(end)}. {start > 0 && (
          <button
            type="button"
            class="link-button"
            disabled={isLoading}
            onClick={() => void viewer.earlier()}
          >
            Show what is before
          </button>
        )} {end < job.outputBytes && (
          <button
            type="button"
            class="link-button"
            disabled={isLoading}
            onClick={() => void viewer.later()}
          >
            Show what is behind
          </button>
        )}
      </p>
    </Fragment>
  );
}
