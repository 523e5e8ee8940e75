import { isFinal, type Job } from "../api/messages.ts";
import type { OpenJob } from "../state/job.ts";
import type { SessionModel } from "../state/session.ts";
import { h, type VNode } from "../view.ts";
import { CopyIcon, RestartIcon, StopIcon, TrashIcon } from "./icons.tsx";
import { useObservable } from "./useObservable.ts";

/** What is asked about before it is done. */
export type JobQuestion = "stop" | "restart" | "remove";

interface JobActionsProps {
  model: OpenJob;
  job: Job;
  session: SessionModel;
  onAsk(question: JobQuestion): void;
  onRestart(): void;
  onCopy(): void;
}

export function JobActions({ model, job, session, onAsk, onRestart, onCopy }: JobActionsProps): VNode {
  const pending = useObservable(model.pending);
  const isRunning = !isFinal(job.status);
  const isBusy = pending !== null;
  return (
    <div class="job-actions">
      {session.can("operate") && isRunning && (
        <button
          type="button"
          class="button danger"
          disabled={isBusy}
          onClick={() => onAsk("stop")}
        >
          <StopIcon /> {pending === "stop" ? "Stopping…" : "Stop"}
        </button>
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
    </div>
  );
}
