import type { Job } from "../api/messages.ts";
import type { Workspace } from "../app.ts";
import { oneLine } from "../texts/format.ts";
import type { OpenJob } from "../state/job.ts";
import { scriptOfCommand } from "../state/script.ts";
import { h, useEffect, useState, type VNode } from "../view.ts";
import * as texts from "../texts/job.ts";
import { BackIcon } from "./icons.tsx";
import { JobActions, type JobQuestion } from "./jobActions.tsx";
import { JobFacts } from "./jobFacts.tsx";
import { JobMore } from "./jobMore.tsx";
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
  onCopyAs(): void;
  onReplay(): void;
}

export function JobHeader(props: JobHeaderProps): VNode {
  const { workspace, model, job } = props;
  const refusal = useObservable(model.refusal);
  const [isAll, setAll] = useState(false);
  const command = scriptOfCommand(job.command);
  const title = oneLine(job.name ?? command);
  const isLong = command.trim().includes("\n") || command.length > LONG_COMMAND;
  const { router, session, ticker } = workspace.app;
  return (
    <header class="job-head">
      <div class="job-bar">
        <PageLink router={router} to={{ page: "jobs" }} class="icon-button narrow-only" label={texts.backToList}>
          <BackIcon />
        </PageLink>
        <StatusBadge job={job} />
        <h1 class={job.name === null ? "mono" : ""} title={title}>{title}</h1>
        <JobActions {...props} session={session} />
      </div>
      {(job.name !== null || (isAll && isLong)) && (
        <pre class={isAll && isLong ? "job-command whole" : "job-command"} tabIndex={isAll && isLong ? 0 : undefined}>
          {isAll && isLong ? command : oneLine(command)}
        </pre>
      )}
      <JobFacts job={job} router={router} jobs={workspace.jobs} ticker={ticker} isAll={isAll} onAll={setAll} />
      {refusal !== null && <p class="notice error" role="alert">{refusal}</p>}
      {job.unknown === true && (
        <p class="notice warn" role="status">
          {texts.nodeSilent(job.node ?? texts.anyNode)}
        </p>
      )}
      {job.stopping === true && <Stopping job={job} workspace={workspace} />}
      {isAll && <JobMore job={job} workspace={workspace} />}
    </header>
  );
}

/** How long ago the job was told to end: the seconds until it is killed are the server's own. */
function Stopping({ job, workspace }: { job: Job; workspace: Workspace }): VNode {
  const [since] = useState(() => workspace.app.ticker.value);
  const now = useObservable(workspace.app.ticker);
  useEffect(() => {
    workspace.announcement.value = texts.toldToEnd;
  }, []);
  const seconds = Math.max(0, Math.floor((now - since) / 1000));
  return (
    <p class="notice warn tabular">
      {texts.stopProgress(job.stoppedBy, seconds)}
    </p>
  );
}
