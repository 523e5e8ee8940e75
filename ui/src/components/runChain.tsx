import type { Job } from "../api/messages.ts";
import type { Workspace } from "../app.ts";
import { jobDuration, outcome, shortID } from "../texts/format.ts";
import { origin, runChain } from "../state/runChain.ts";
import { h, useEffect, useState, type VNode } from "../view.ts";
import * as texts from "../texts/job.ts";
import { PageLink } from "./pageLink.tsx";
import { StatusBadge } from "./statusBadge.tsx";
import { useObservable } from "./useObservable.ts";

/** The runs of the same command that came from one another. */
export function RunChain({ job, workspace }: { job: Job; workspace: Workspace }): VNode | null {
  const [runs, setRuns] = useState<readonly Job[]>([]);
  const { app, jobs } = workspace;
  const known = useObservable(jobs.list).jobs;
  // Each new try and each change of one is a change of the list; what only prints is none of these.
  const related = known.filter((run) => run.id === job.id || origin(run) !== null).map(({ id, status }) => id + status)
    .join();
  useEffect(() => {
    let isGone = false;
    void runChain(job, known, app.client).then((found) => !isGone && setRuns(found));
    return () => isGone = true;
  }, [job.id, job.status, related]);
  if (runs.length < 2) return null;
  return (
    <section class="run-chain" aria-label={texts.runs}>
      <h2>{texts.runs}</h2>
      <ol>
        {runs.map((run, index) => (
          <li key={run.id}>
            <span class="dim tabular">{index + 1}</span>
            {run.id === job.id
              ? <strong class="mono" aria-current="true">{shortID(run.id)}</strong>
              : <PageLink router={app.router} to={{ page: "job", id: run.id }} class="mono">{shortID(run.id)}
              </PageLink>}
            <StatusBadge job={run} />
            <span class="dim tabular">
              {[
                outcome(run),
                jobDuration(run, app.ticker.value),
                origin(run) !== null && run.retryOf ? texts.retry : null,
              ]
                .filter(Boolean).join(" · ")}
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}
