import type { Job } from "../api/messages.ts";
import { bytes, clockTime, duration, jobDuration, shortID, signalName } from "../format.ts";
import type { Router } from "../state/route.ts";
import type { Ticker } from "../state/ticker.ts";
import { type ComponentChildren, Fragment, h, type VNode } from "../view.ts";
import { PageLink } from "./pageLink.tsx";
import { useObservable } from "./useObservable.ts";

interface JobFactsProps {
  job: Job;
  router: Router;
  ticker: Ticker;
  isAll: boolean;
  onAll(isAll: boolean): void;
}

/** What is asked for most in one line, so that the terminal keeps its place when a job ends; the rest on demand. */
export function JobFacts({ job, router, ticker, isAll, onAll }: JobFactsProps): VNode {
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
        <Fact name="Node" isCode>{job.node}</Fact>
        {job.pid !== null && <Fact name="PID">{job.pid}</Fact>}
        {job.cwd !== null && <Fact name="Folder" isCode>{job.cwd}</Fact>}
        {job.restartOf !== null && (
          <Fact name="Restart of" isCode>
            <PageLink router={router} to={{ page: "job", id: job.restartOf }}>{shortID(job.restartOf)}</PageLink>
          </Fact>
        )}
        {isAll && <MoreFacts job={job} now={now} />}
      </dl>
      <button type="button" class="link-button" aria-expanded={isAll} onClick={() => onAll(!isAll)}>
        {isAll ? "Less" : "More"}
      </button>
    </div>
  );
}

function MoreFacts({ job, now }: { job: Job; now: number }): VNode {
  const env = Object.entries(job.env).map(([name, value]) => `${name}=${value}`);
  return (
    <Fragment>
      <Fact name="ID" isCode>{job.id}</Fact>
      {job.completedAt !== null && <Fact name="Ended">{clockTime(job.completedAt, now)}</Fact>}
      {job.timeout !== null && <Fact name="Time limit">{duration(job.timeout)}</Fact>}
      {job.usage !== null && <Fact name="CPU">{duration(job.usage.userSeconds + job.usage.systemSeconds)}</Fact>}
      {job.usage !== null && job.usage.maxResidentBytes > 0 && (
        <Fact name="Memory">{bytes(job.usage.maxResidentBytes)}</Fact>
      )}
      <Fact name="Output">{bytes(job.outputBytes)}</Fact>
      {job.tags.length > 0 && <Fact name="Tags">{job.tags.join(", ")}</Fact>}
      {env.length > 0 && <Fact name="Environment" isCode>{env.join(" ")}</Fact>}
    </Fragment>
  );
}

function Fact({ name, isCode, children }: { name: string; isCode?: boolean; children: ComponentChildren }): VNode {
  return (
    <div>
      <dt>{name}</dt>
      <dd class={isCode ? "mono" : "tabular"}>{children}</dd>
    </div>
  );
}
