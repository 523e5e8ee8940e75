import { isFinal, type Job } from "../api/messages.ts";
import type { OpenJob } from "../state/job.ts";
import type { SessionModel } from "../state/session.ts";
import { Fragment, h, type VNode } from "../view.ts";
import { CopyIcon, MoreIcon, PauseIcon, PlayIcon, RestartIcon, StopIcon, TrashIcon } from "./icons.tsx";
import { Menu, MenuItem } from "./menu.tsx";
import { useObservable } from "./useObservable.ts";

/** What is asked about before it is done. */
export type JobQuestion = "stop" | "restart" | "remove" | "kill";

interface JobActionsProps {
  model: OpenJob;
  job: Job;
  session: SessionModel;
  onAsk(question: JobQuestion): void;
  onRestart(): void;
  onCopy(): void;
  onCopyAs(): void;
  onReplay(): void;
}

/** Signals that are asked for often, with what programs take them for. */
const SIGNALS = [
  { name: "HUP", about: "read the settings again" },
  { name: "INT", about: "as Ctrl + C" },
  { name: "QUIT", about: "end with a dump" },
  { name: "USR1", about: "up to the program" },
  { name: "USR2", about: "up to the program" },
  { name: "TERM", about: "please end" },
] as const;

export function JobActions(props: JobActionsProps): VNode {
  const { model, job, session, onAsk, onRestart, onCopy } = props;
  const pending = useObservable(model.pending);
  const isRunning = !isFinal(job.status);
  const isBusy = pending !== null;
  const isStopping = pending === "stop" || job.stopping === true;
  return (
    <div class="job-actions">
      {session.can("operate") && isRunning && (
        isStopping
          ? (
            <button
              type="button"
              class="button danger"
              disabled={job.paused === undefined}
              onClick={() => onAsk("kill")}
            >
              <StopIcon /> {job.paused === undefined ? "Stopping…" : "Kill now"}
            </button>
          )
          : (
            <button type="button" class="button danger" disabled={isBusy} onClick={() => onAsk("stop")}>
              <StopIcon /> Stop
            </button>
          )
      )}
      {session.can("operate") && (
        <button
          type="button"
          class="button"
          disabled={isBusy}
          onClick={() => isRunning ? onAsk("restart") : onRestart()}
        >
          <RestartIcon /> {pending === "restart" ? "Restarting…" : "Restart"}
        </button>
      )}
      {session.can("operate") && (
        <button
          type="button"
          class="icon-button"
          aria-label="Run again with changes"
          title="Run again with changes"
          onClick={onCopy}
        >
          <CopyIcon />
        </button>
      )}
      {session.can("administer") && (
        <button
          type="button"
          class="icon-button"
          aria-label="Remove the job"
          title="Remove the job"
          disabled={isBusy}
          onClick={() => onAsk("remove")}
        >
          <TrashIcon />
        </button>
      )}
      <MoreActions {...props} isRunning={isRunning} isBusy={isBusy} />
    </div>
  );
}

function MoreActions(props: JobActionsProps & { isRunning: boolean; isBusy: boolean }): VNode {
  const { model, job, session, isRunning, isBusy, onCopyAs, onReplay } = props;
  // A server that is older than this page knows neither.
  const canSignal = session.can("operate") && job.status === "running" && job.paused !== undefined;
  return (
    <Menu label="More actions" button={<MoreIcon />}>
      {(close) => {
        const choose = (action: () => void) => () => {
          close();
          action();
        };
        return (
          <Fragment>
            <MenuItem onChoose={choose(onReplay)}>
              Replay <kbd>p</kbd>
            </MenuItem>
            <MenuItem onChoose={choose(onCopyAs)}>Copy as srun or curl</MenuItem>
            {canSignal && (
              <MenuItem
                disabled={isBusy}
                onChoose={choose(() => void (job.paused ? model.resume() : model.pause()))}
              >
                {job.paused ? "Go on" : "Pause"} {job.paused ? <PlayIcon /> : <PauseIcon />}
              </MenuItem>
            )}
            {canSignal && isRunning && (
              <section class="menu-group" aria-label="Send a signal">
                <h3 class="menu-title">Send a signal</h3>
                {SIGNALS.map(({ name, about }) => (
                  <MenuItem
                    key={name}
                    disabled={isBusy}
                    onChoose={choose(() => void model.signal(name))}
                  >
                    <span class="mono">{name}</span> <span class="dim">{about}</span>
                  </MenuItem>
                ))}
              </section>
            )}
          </Fragment>
        );
      }}
    </Menu>
  );
}
