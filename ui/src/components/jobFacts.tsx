import type { Job } from "../api/messages.ts";
import { clockTime, jobDuration, shortID, signalName, until } from "../texts/format.ts";
import type { Jobs } from "../state/jobs.ts";
import type { Router } from "../state/route.ts";
import type { Ticker } from "../state/ticker.ts";
import { type ComponentChildren, h, type VNode } from "../view.ts";
import { facts } from "../texts/job.ts";
import * as texts from "../texts/job.ts";
import { PageLink } from "./pageLink.tsx";
import { useObservable } from "./useObservable.ts";

interface JobFactsProps {
  job: Job;
  router: Router;
  jobs: Jobs;
  ticker: Ticker;
  isAll: boolean;
  onAll(isAll: boolean): void;
}

/** What is asked for most in one line, so that the terminal keeps its place when a job ends; the rest on demand. */
export function JobFacts({ job, router, jobs, ticker, isAll, onAll }: JobFactsProps): VNode {
  const now = useObservable(ticker);
  const started = job.startedAt ?? job.createdAt;
  const runs = jobDuration(job, now);
  const hasNextTry = useObservable(jobs.list).jobs.some(({ retryOf }) => retryOf === job.id);
  return (
    <div class="job-facts">
      <dl class="facts">
        {job.exitCode !== null && <Fact name={facts.exitCode}>{job.exitCode}</Fact>}
        {job.signal !== null && <Fact name={facts.killedBy}>{signalName(job.signal)}</Fact>}
        {job.reason !== null && <Fact name={facts.reason} isLong>{job.reason}</Fact>}
        {runs !== null && <Fact name={job.completedAt === null ? facts.runningFor : facts.ranFor}>{runs}</Fact>}
        <Fact name={job.startedAt === null ? facts.askedFor : facts.started}>
          <time datetime={started} title={new Date(started).toLocaleString()}>{clockTime(started, now)}</time>
        </Fact>
        {job.createdBy && (
          <Fact name={facts.by}>
            <button
              type="button"
              class="link-button"
              title={texts.onlyThisPerson}
              onClick={() => jobs.filter({ by: job.createdBy ?? "" })}
            >
              {job.createdBy}
            </button>
          </Fact>
        )}
        <Fact name={facts.node} isCode>{job.node ?? texts.anyNode}</Fact>
        {job.retryAt && !hasNextTry && <Fact name={facts.nextTry}>{until(job.retryAt, now)}</Fact>}
        {(job.attempt ?? 1) > 1 && <Fact name={facts.attempt}>{job.attempt}</Fact>}
        {(job.retryOf ?? job.restartOf) !== null && (
          <Fact name={job.retryOf ? facts.retryOf : facts.restartOf} isCode>
            <PageLink router={router} to={{ page: "job", id: job.retryOf ?? job.restartOf ?? "" }}>
              {shortID(job.retryOf ?? job.restartOf ?? "")}
            </PageLink>
          </Fact>
        )}
        {job.tags.length > 0 && (
          <Fact name={facts.tags}>
            <span class="tags">
              {job.tags.map((tag) => (
                <button
                  key={tag}
                  type="button"
                  class="tag"
                  title={texts.onlyThisTag}
                  onClick={() => jobs.filter({ tag })}
                >
                  {tag}
                </button>
              ))}
            </span>
          </Fact>
        )}
      </dl>
      <button type="button" class="link-button" aria-expanded={isAll} onClick={() => onAll(!isAll)}>
        {isAll ? texts.less : texts.more}
      </button>
    </div>
  );
}

export function Fact(
  { name, isCode, isLong, children }: {
    name: string;
    isCode?: boolean;
    /** Shown whole, over several lines. */
    isLong?: boolean;
    children: ComponentChildren;
  },
): VNode {
  return (
    <div class={isLong ? "long" : undefined}>
      <dt>{name}</dt>
      <dd class={isCode ? "mono" : "tabular"}>{children}</dd>
    </div>
  );
}
