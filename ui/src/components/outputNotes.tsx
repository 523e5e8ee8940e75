import { isFinal, type Job } from "../api/messages.ts";
import type { Workspace } from "../app.ts";
import { downloadName } from "../fileName.ts";
import { bytes } from "../texts/format.ts";
import type { Output } from "../state/output.ts";
import type { PastOutput } from "../state/pastOutput.ts";
import { Fragment, h, useLayoutEffect, type VNode } from "../view.ts";
import { removed } from "../texts/job.ts";
import { connectionLost, whatIsShownStays } from "../texts/page.ts";
import * as texts from "../texts/output.ts";
import { keyCap } from "./keyCap.tsx";
import type { Stream } from "./stream.ts";
import { useObservable } from "./useObservable.ts";

interface NotesProps {
  workspace: Workspace;
  job: Job;
  stream: Stream;
  isFull: boolean;
}

/** What the terminal cannot say itself: what it does not show, and why it is empty. */
export function OutputNotes(props: NotesProps): VNode | null {
  const view = useObservable(props.stream.viewer.view);
  const isTyping = useObservable(props.stream.terminal.keyboard.isOn);
  return (
    <Fragment>
      {isTyping
        ? view.kind === "live"
          ? <LiveKeys stream={props.stream} output={view.output} />
          : <p class="notice typing-note" role="status">{texts.keysGoToJobDrawn(keyCap)}</p>
        : props.isFull && <LostNote workspace={props.workspace} />}
      {(props.job.outputDropped ?? 0) > 0 && (
        <p class="notice warn">{texts.dropped(bytes(props.job.outputDropped ?? 0))}</p>
      )}
      {view.kind === "live" && <LiveNotes {...props} output={view.output} />}
      {view.kind === "past" && <PastNotes {...props} output={view.output} />}
    </Fragment>
  );
}

/** What becomes of the keys. That some were not sent is spoken at once: whoever types looks at nothing else. */
function LiveKeys({ stream: { terminal }, output }: { stream: Stream; output: Output }): VNode {
  const state = useObservable(output.typing.state);
  const isReaching = state !== "lost" && state !== "dropped";
  useLayoutEffect(() => {
    terminal.keyboard.setReaching(isReaching);
    return () => terminal.keyboard.setReaching(true);
  }, [terminal, isReaching]);
  if (state === "sent") return <p class="notice typing-note" role="status">{texts.keysGoToJobDrawn(keyCap)}</p>;
  const isDropped = state === "dropped";
  return (
    <p
      key={isDropped ? "dropped" : "other"}
      class={`notice ${isDropped ? "error" : "warn"}`}
      role={isDropped ? "alert" : "status"}
    >
      {texts.keysState[state]} {texts.givesKeysBackDrawn(keyCap)}
    </p>
  );
}

/** The bar that says so is behind a terminal in full screen. */
function LostNote({ workspace: { connection } }: { workspace: Workspace }): VNode | null {
  const { kind } = useObservable(connection.state);
  if (kind !== "waiting" && kind !== "retrying") return null;
  return <p class="notice warn">{connectionLost} {whatIsShownStays}</p>;
}

function LiveNotes({ workspace: { app }, job, stream, output }: NotesProps & { output: Output }): VNode {
  const { phase, start, offset, skipped } = useObservable(output.state);
  const isTrimmed = useObservable(stream.terminal.isTrimmed);
  const isDrawnOn = useObservable(stream.terminal.isDrawnOn);
  const download = <a href={app.client.outputAddress(job.id)} download={downloadName(job)}>{texts.downloadAll}</a>;
  const older = (
    <button type="button" class="link-button" onClick={() => void stream.viewer.earlier()}>{texts.showBefore}</button>
  );
  return (
    <Fragment>
      {phase === "incomplete" && <p class="notice error" role="alert">{texts.incomplete} {download}</p>}
      {phase === "removed" && <p class="notice warn" role="alert">{removed}</p>}
      {/* What a program has drawn on the whole screen is complete, whatever was printed before. */}
      {isDrawnOn ? null : skipped > 0
        ? (
          <p class="notice output-older">
            {texts.skipped(bytes(skipped))} {older} {download}
          </p>
        )
        : start > 0
        ? <p class="notice output-older">{texts.firstNotShown(bytes(start))} {older} {download}</p>
        : isTrimmed && <p class="notice output-older">{texts.trimmed} {older} {download}</p>}
      {offset === 0 && phase !== "opening" && phase !== "removed" && (
        <p class={isFinal(job.status) ? "output-empty" : "output-empty open"}>
          {isFinal(job.status) ? texts.nothingWritten : job.status === "queued" ? texts.waiting : texts.nothingYet}
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
        {texts.olderPart(bytes(start), bytes(end))} {start > 0 && (
          <button
            type="button"
            class="link-button"
            disabled={isLoading}
            onClick={() => void viewer.earlier()}
          >
            {texts.showBefore}
          </button>
        )} {end < job.outputBytes && (
          <button
            type="button"
            class="link-button"
            disabled={isLoading}
            onClick={() => void viewer.later()}
          >
            {texts.showBehind}
          </button>
        )}
      </p>
    </Fragment>
  );
}
