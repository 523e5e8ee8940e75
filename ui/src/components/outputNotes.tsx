import { isFinal, type Job } from "../api/messages.ts";
import type { App } from "../app.ts";
import { downloadName } from "../fileName.ts";
import { bytes } from "../format.ts";
import { Fragment, h, type VNode } from "../view.ts";
import type { Stream } from "./outputBar.tsx";
import { useObservable } from "./useObservable.ts";

/** What the terminal cannot say itself: what it does not show, and why it is empty. */
export function OutputNotes({ app, job, stream }: { app: App; job: Job; stream: Stream }): VNode {
  const { phase, start, offset } = useObservable(stream.output.state);
  const isTrimmed = useObservable(stream.terminal.isTrimmed);
  const download = <a href={app.client.outputAddress(job.id)} download={downloadName(job)}>Download all of it</a>;
  return (
    <Fragment>
      {phase === "incomplete" && (
        <p class="notice error" role="alert">The last part of the output could not be read. {download}</p>
      )}
      {phase === "removed" && <p class="notice warn" role="status">The job and its output have been removed.</p>}
      {start > 0 && <p class="notice">{bytes(start)} earlier not shown. {download}</p>}
      {start === 0 && isTrimmed && <p class="notice">The first lines are no longer shown. {download}</p>}
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
