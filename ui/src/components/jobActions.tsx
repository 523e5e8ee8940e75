import { isFinal, type Job } from "../api/messages.ts";
import type { OpenJob } from "../state/job.ts";
import type { SessionModel } from "../state/session.ts";
import { Fragment, h, type VNode } from "../view.ts";
import * as texts from "../texts/job.ts";
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
              <StopIcon /> {job.paused === undefined ? texts.stopping : texts.killNow}
            </button>
          )
          : (
            <button type="button" class="button danger" disabled={isBusy} onClick={() => onAsk("stop")}>
              <StopIcon /> {texts.stop}
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
          <RestartIcon /> {pending === "restart" ? texts.restarting : texts.restart}
        </button>
      )}
      {session.can("operate") && (
        <button
          type="button"
          class="icon-button"
          aria-label={texts.runAgain}
          title={texts.runAgain}
          onClick={onCopy}
        >
          <CopyIcon />
        </button>
      )}
      {session.can("administer") && (
        <button
          type="button"
          class="icon-button"
          aria-label={texts.remove}
          title={texts.remove}
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
    <Menu label={texts.moreActions} button={<MoreIcon />}>
      {(close) => {
        const choose = (action: () => void) => () => {
          close();
          action();
        };
        return (
          <Fragment>
            <MenuItem onChoose={choose(onReplay)}>
              {texts.replay} <kbd>p</kbd>
            </MenuItem>
            <MenuItem onChoose={choose(onCopyAs)}>{texts.copyAs}</MenuItem>
            {canSignal && (
              <MenuItem
                disabled={isBusy}
                onChoose={choose(() => void (job.paused ? model.resume() : model.pause()))}
              >
                {job.paused ? texts.goOn : texts.pause} {job.paused ? <PlayIcon /> : <PauseIcon />}
              </MenuItem>
            )}
            {canSignal && isRunning && (
              <section class="menu-group" aria-label={texts.sendASignal}>
                <h3 class="menu-title">{texts.sendASignal}</h3>
                {texts.signals.map(({ name, about }) => (
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
