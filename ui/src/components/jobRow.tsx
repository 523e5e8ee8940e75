import type { App } from "../app.ts";
import type { Job } from "../api/messages.ts";
import { age, jobDuration, outcome } from "../texts/format.ts";
import type { Ticker } from "../state/ticker.ts";
import { Fragment, h, type VNode } from "../view.ts";
import { choose } from "../texts/list.ts";
import { StatusIcon } from "./icons.tsx";
import { PageLink } from "./pageLink.tsx";
import { shownCommand } from "./shownCommand.ts";
import { isPaused, stateWord } from "./statusBadge.tsx";
import { useObservable } from "./useObservable.ts";

interface JobRowProps {
  job: Job;
  top: number;
  /** `count` is -1 while nobody knows how many there are. */
  place: { index: number; count: number };
  app: App;
  isOpen: boolean;
  /** Null while nothing is to be chosen. */
  isChosen: boolean | null;
  /** Jobs of this node need not name it. */
  node: string;
  onFocus(): void;
  onChoose(isRange: boolean): void;
}

export function JobRow({ job, top, place, app, isOpen, isChosen, node, onFocus, onChoose }: JobRowProps): VNode {
  const command = shownCommand(job);
  const end = outcome(job);
  return (
    <li
      class={isChosen === null ? "job-row" : "job-row choosing"}
      style={`top:${top}px`}
      data-job={job.id}
      aria-posinset={place.index + 1}
      aria-setsize={place.count}
    >
      {isChosen !== null && (
        <input
          type="checkbox"
          aria-label={choose(job.name ?? command)}
          checked={isChosen}
          onClick={(event) => onChoose(event.shiftKey)}
        />
      )}
      <PageLink router={app.router} to={{ page: "job", id: job.id }} isCurrent={isOpen} onFocus={onFocus}>
        <StatusIcon status={job.status} isUnsure={job.unknown === true} isPaused={isPaused(job)} />
        <span class="job-row-title" title={command}>
          {job.name !== null && <span class="job-row-name">{job.name}</span>}
          {job.tags.map((tag) => <span key={tag} class="tag">{tag}</span>)}
          <span class="mono">{command}</span>
        </span>
        <span class="job-row-facts">
          <span class={`status-word ${job.unknown === true ? "lost" : job.status}`}>{stateWord(job)}</span>
          {end !== null && <span class="job-row-end">{end}</span>}
          <Times job={job} ticker={app.ticker} />
          <span class="job-row-who">
            {job.node !== node && job.node !== null && <span class="mono">{job.node}</span>}
            {job.createdBy && <span class="job-row-by">{job.createdBy}</span>}
          </span>
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
      {runs !== null && <span class="job-row-time tabular">{runs}</span>}
      <time class="job-row-age tabular" datetime={job.createdAt}>{age(job.createdAt, now)}</time>
    </Fragment>
  );
}
