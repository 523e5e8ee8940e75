import type { Job } from "../api/messages.ts";
import type { Workspace } from "../app.ts";
import { oneLine } from "../format.ts";
import type { OpenJob } from "../state/job.ts";
import { h, useState, type VNode } from "../view.ts";
import { BackIcon } from "./icons.tsx";
import { JobActions, type JobQuestion } from "./jobActions.tsx";
import { JobFacts } from "./jobFacts.tsx";
import { PageLink } from "./pageLink.tsx";
import { StatusBadge } from "./statusBadge.tsx";
import { useObservable } from "./useObservable.ts";

/** Longer than what the title shows on most screens. */
const LONG_COMMAND = 60;

interface JobHeaderProps {
  workspace: Workspace;
  model: OpenJob;
  job: Job;
  onAsk(question: JobQuestion): void;
  onRestart(): void;
  onCopy(): void;
}

export function JobHeader({ workspace, model, job, onAsk, onRestart, onCopy }: JobHeaderProps): VNode {
  const refusal = useObservable(model.refusal);
  const [isAll, setAll] = useState(false);
  const command = job.command;
  const title = oneLine(job.name ?? command);
  const isLong = command.trim().includes("\n") || command.length > LONG_COMMAND;
  const { router } = workspace.app;
  return (
    <header class="job-head">
      <div class="job-bar">
        <PageLink router={router} to={{ page: "jobs" }} class="icon-button narrow-only" label="Back to the list">
          <BackIcon />
        </PageLink>
        <StatusBadge status={job.status} />
        <h1 class={job.name === null ? "mono" : ""} title={title}>{title}</h1>
        <JobActions
          model={model}
          job={job}
          session={workspace.app.session}
          onAsk={onAsk}
          onRestart={onRestart}
          onCopy={onCopy}
        />
      </div>
      {refusal !== null && <p class="notice error" role="alert">{refusal}</p>}
      {(job.name !== null || (isAll && isLong)) && (
        <pre class={isAll && isLong ? "job-command whole" : "job-command"}>
          {isAll && isLong ? command : oneLine(command)}
        </pre>
      )}
      <JobFacts job={job} router={router} ticker={workspace.app.ticker} isAll={isAll} onAll={setAll} />
    </header>
  );
}
