import { isFinal, type Job } from "../api/messages.ts";
import type { Workspace } from "../app.ts";
import * as common from "../texts/common.ts";
import { bytes } from "../texts/format.ts";
import type { Viewer } from "../state/viewer.ts";
import { h, type VNode } from "../view.ts";
import * as texts from "../texts/output.ts";
import { DownIcon, ErrorIcon, ExpandIcon, KeyboardIcon, SearchIcon, ShrinkIcon } from "./icons.tsx";
import { DownloadMenu, ViewMenu } from "./outputMenus.tsx";
import { StatusBadge } from "./statusBadge.tsx";
import { beginTyping, type Stream } from "./stream.ts";
import { useObservable } from "./useObservable.ts";

interface OutputBarProps {
  workspace: Workspace;
  job: Job;
  stream: Stream | null;
  isFull: boolean;
  onFull(isFull: boolean): void;
  isFinding: boolean;
  onFind(): void;
}

export function OutputBar({ workspace, job, stream, isFull, onFull, isFinding, onFind }: OutputBarProps): VNode {
  const { app } = workspace;
  const canType = app.session.can("input") && job.tty !== false && !isFinal(job.status);
  return (
    <div class="output-bar" role="toolbar" aria-label={texts.output}>
      {isFull && <StatusBadge job={job} />}
      <span class="output-title">{texts.output}</span>
      {stream !== null && <Amount viewer={stream.viewer} total={job.outputBytes} />}
      <span class="spacer" />
      {stream !== null && <FollowSwitch stream={stream} />}
      {stream !== null && canType && <TypeSwitch stream={stream} />}
      <button
        type="button"
        class={isFinding ? "icon-button on" : "icon-button"}
        aria-label={texts.find}
        title={texts.find}
        aria-expanded={isFinding}
        onClick={onFind}
      >
        <SearchIcon />
      </button>
      {stream !== null && (
        <button
          type="button"
          class="icon-button wide-only"
          aria-label={texts.nextError}
          title={texts.nextError}
          onClick={() => {
            if (!stream.terminal.reader.nextError(1) && !stream.terminal.reader.nextError(-1)) {
              workspace.announcement.value = texts.noError;
            }
          }}
        >
          <ErrorIcon />
        </button>
      )}
      {stream !== null && <ViewMenu workspace={workspace} job={job} stream={stream} canResize={canType} />}
      <DownloadMenu app={app} job={job} />
      <button
        type="button"
        class="icon-button"
        aria-label={isFull ? texts.leaveFullScreen : texts.fullScreen}
        title={isFull ? texts.leaveFullScreen : texts.fullScreen}
        aria-pressed={isFull}
        onClick={() => onFull(!isFull)}
      >
        {isFull ? <ShrinkIcon /> : <ExpandIcon />}
      </button>
    </div>
  );
}

function Amount({ viewer, total }: { viewer: Viewer; total: number }): VNode {
  const view = useObservable(viewer.view);
  if (view.kind === "past") return <PastAmount output={view.output} total={total} />;
  return view.kind === "live" ? <LiveAmount output={view.output} /> : (
    <span class="dim tabular">
      {bytes(total)}
      <span class="wide-only">{texts.withTimes}</span>
    </span>
  );
}

function LiveAmount({ output }: { output: Extract<Viewer["view"]["value"], { kind: "live" }>["output"] }): VNode {
  const { offset } = useObservable(output.state);
  return <span class="dim tabular">{bytes(offset)}</span>;
}

interface PastProps {
  output: Extract<Viewer["view"]["value"], { kind: "past" }>["output"];
  total: number;
}

function PastAmount({ output, total }: PastProps): VNode {
  const { start, end, isLoading } = useObservable(output.state);
  return (
    <span class="dim tabular">
      {isLoading ? common.loading() : texts.part(bytes(start), bytes(end), bytes(Math.max(total, end)))}
    </span>
  );
}

/** Following, or the way back to it with what has been missed. */
function FollowSwitch({ stream }: { stream: Stream }): VNode | null {
  const view = useObservable(stream.viewer.view);
  if (view.kind === "live") return <LiveFollow stream={stream} output={view.output} />;
  return (
    <button type="button" class="button compact" onClick={() => stream.viewer.live()}>
      {view.kind === "past" && <DownIcon />} {view.kind === "past" ? texts.backToEnd : texts.withoutTimes}
    </button>
  );
}

interface FollowProps {
  stream: Stream;
  output: Extract<Viewer["view"]["value"], { kind: "live" }>["output"];
}

function LiveFollow({ stream: { terminal }, output }: FollowProps): VNode | null {
  const { isFollowing, newLines } = useObservable(terminal.follow.state);
  const { phase } = useObservable(output.state);
  // There is nothing left to follow, and nothing further down.
  if (phase !== "streaming" && phase !== "opening" && (isFollowing || terminal.isAllInView)) return null;
  const text = isFollowing ? texts.following : texts.jumpToBottom(newLines);
  return (
    <button
      type="button"
      class={isFollowing ? "button compact quiet" : newLines === 0 ? "button compact" : "button compact primary"}
      title={isFollowing ? texts.followingHint : undefined}
      aria-label={text}
      onClick={() => terminal.setFollowing(!isFollowing)}
    >
      <DownIcon /> <span class="wide-only">{text}</span>
      {!isFollowing && newLines > 0 && <span class="narrow-only tabular">{newLines}</span>}
    </button>
  );
}

function TypeSwitch({ stream }: { stream: Stream }): VNode {
  const { keyboard } = stream.terminal;
  const isOn = useObservable(keyboard.isOn);
  return (
    <button
      type="button"
      class={isOn ? "button compact on" : "button compact quiet"}
      aria-pressed={isOn}
      aria-label={isOn ? texts.typing : texts.type}
      title={isOn ? texts.keysGoToJob : texts.typeHint}
      onClick={() => isOn ? keyboard.end() : beginTyping(stream)}
    >
      <KeyboardIcon /> <span class="wide-only">{isOn ? texts.typing : texts.type}</span>
    </button>
  );
}
