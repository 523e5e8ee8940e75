import type { Job } from "../api/messages.ts";
import { age, jobDuration, oneLine, outcome } from "../format.ts";
import { statusWord } from "../state/jobFilter.ts";
import type { Router } from "../state/route.ts";
import type { Ticker } from "../state/ticker.ts";
import { Fragment, h, type VNode } from "../view.ts";
import { StatusIcon } from "./icons.tsx";
import { PageLink } from "./pageLink.tsx";
import { useObservable } from "./useObservable.ts";

interface JobRowProps {
  job: Job;
  router: Router;
  ticker: Ticker;
  isOpen: boolean;
  /** Jobs of this node need not name it. */
  node: string;
}

export function JobRow({ job, router, ticker, isOpen, node }: JobRowProps): VNode {
  const command = oneLine(job.command);
  const end = outcome(job);
  return (
    <li class="job-row">
      <PageLink router={router} to={{ page: "job", id: job.id }} isCurrent={isOpen}>
        <StatusIcon status={job.status} />
        <span class="job-row-title" title={command}>
          {job.name !== null && <span class="job-row-name">{job.name}</span>}
          <span class="mono">{command}</span>
        </span>
        <span class="job-row-facts">
          <span class={`status-word ${job.status}`}>{statusWord(job.status)}</span>
          {end !== null && <span>{end}</span>}
          <Times job={job} ticker={ticker} />
          {job.node !== node && <span class="mono">{job.node}</span>}
        </span>
      </PageLink>
    </li>
  );
}

/** Apart from the row, because only this is drawn again every second. */
function Times({ job, ticker }: { job: Job; ticker: Ticker }): VNode {
  const now = useObservable(ticker);
  const runs = jobDuration(job, now);
  return (
    <Fragment>
      {runs !== null && <span class="tabular">{runs}</span>}
      <time class="job-row-age tabular" datetime={job.createdAt}>{age(job.createdAt, now)}</time>
    </Fragment>
  );
}
