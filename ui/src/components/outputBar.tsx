import type { Job } from "../api/messages.ts";
import type { App } from "../app.ts";
import { downloadName } from "../fileName.ts";
import { bytes, count } from "../format.ts";
import type { Output } from "../state/output.ts";
import type { TerminalScreen } from "../terminal/screen.ts";
import { h, type VNode } from "../view.ts";
import { DownIcon, DownloadIcon, ExpandIcon, ShrinkIcon } from "./icons.tsx";
import { StatusBadge } from "./statusBadge.tsx";
import { useObservable } from "./useObservable.ts";

export interface Stream {
  output: Output;
  terminal: TerminalScreen;
}

interface OutputBarProps {
  app: App;
  job: Job;
  stream: Stream | null;
  isFull: boolean;
  onFull(isFull: boolean): void;
}

export function OutputBar({ app, job, stream, isFull, onFull }: OutputBarProps): VNode {
  return (
    <div class="output-bar">
      {isFull && <StatusBadge status={job.status} />}
      <span class="output-title">Output</span>
      {stream !== null && <Amount output={stream.output} />}
      <span class="dim wide-only">{job.tty === false ? "pipes" : `${job.tty.cols}×${job.tty.rows}`}</span>
      <span class="spacer" />
      {stream !== null && <FollowSwitch stream={stream} />}
      <a
        class="icon-button"
        href={app.client.outputAddress(job.id)}
        download={downloadName(job)}
        aria-label="Download the output"
        title="Download the output"
      >
        <DownloadIcon />
      </a>
      <button
        type="button"
        class="icon-button"
        aria-label={isFull ? "Leave full screen" : "Full screen"}
        title={isFull ? "Leave full screen" : "Full screen"}
        aria-pressed={isFull}
        onClick={() => onFull(!isFull)}
      >
        {isFull ? <ShrinkIcon /> : <ExpandIcon />}
      </button>
    </div>
  );
}

function Amount({ output }: { output: Output }): VNode {
  const { offset } = useObservable(output.state);
  return <span class="dim tabular">{bytes(offset)}</span>;
}

/** Following, or the way back to it with what has been missed. */
function FollowSwitch({ stream: { output, terminal } }: { stream: Stream }): VNode | null {
  const { isFollowing, newLines } = useObservable(terminal.follow.state);
  const { phase } = useObservable(output.state);
  // There is nothing left to follow.
  if (isFollowing && phase !== "streaming" && phase !== "opening") return null;
  const label = isFollowing
    ? "Following"
    : newLines === 0
    ? "Jump to bottom"
    : `Jump to bottom: ${count(newLines, "new line", "new lines")}`;
  return (
    <button
      type="button"
      class={isFollowing ? "button compact quiet" : "button compact primary"}
      title={isFollowing ? "The view stays at the last line. Scroll up, or press . to let go." : undefined}
      onClick={() => terminal.setFollowing(!isFollowing)}
    >
      <DownIcon /> {label}
    </button>
  );
}
