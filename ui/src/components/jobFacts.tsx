import type { Job } from "../api/messages.ts";
import { clockTime, jobDuration, shortID, signalName } from "../format.ts";
import type { Jobs } from "../state/jobs.ts";
import type { Router } from "../state/route.ts";
import type { Ticker } from "../state/ticker.ts";
import { type ComponentChildren, h, type VNode } from "../view.ts";
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
  return (
    <div class="job-facts">
      <dl class="facts">
        {job.exitCode !== null && <Fact name="Exit code">{job.exitCode}</Fact>}
        {job.signal !== null && <Fact name="Killed by">{signalName(job.signal)}</Fact>}
        {job.reason !== null && <Fact name="Reason">{job.reason}</Fact>}
        {runs !== null && <Fact name={job.completedAt === null ? "Running for" : "Ran for"}>{runs}</Fact>}
        <Fact name={job.startedAt === null ? "Asked for" : "Started"}>
          <time datetime={started} title={new Date(started).toLocaleString()}>{clockTime(started, now)}</time>
        </Fact>
        {job.createdBy && (
          <Fact name="By">
            <button
              type="button"
              class="link-button"
              title="Only this person's jobs"
              onClick={() => jobs.filter({ by: job.createdBy ?? "" })}
            >
              {job.createdBy}
            </button>
          </Fact>
        )}
        <Fact name="Node" isCode>{job.node ?? "any"}</Fact>
        {(job.attempt ?? 1) > 1 && <Fact name="Try">{job.attempt}</Fact>}
        {(job.retryOf ?? job.restartOf) !== null && (
          <Fact name={job.retryOf ? "Retry of" : "Restart of"} isCode>
            <PageLink router={router} to={{ page: "job", id: job.retryOf ?? job.restartOf ?? "" }}>
              {shortID(job.retryOf ?? job.restartOf ?? "")}
            </PageLink>
          </Fact>
        )}
        {job.tags.length > 0 && (
          <Fact name="Tags">
            <span class="tags">
              {job.tags.map((tag) => (
                <button
                  key={tag}
                  type="button"
                  class="link-button"
                  title="Only jobs with this tag"
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
        {isAll ? "Less" : "More"}
      </button>
    </div>
  );
}

export function Fact(
  { name, isCode, children }: { name: string; isCode?: boolean; children: ComponentChildren },
): VNode {
  return (
    <div>
      <dt>{name}</dt>
      <dd class={isCode ? "mono" : "tabular"}>{children}</dd>
    </div>
  );
}
