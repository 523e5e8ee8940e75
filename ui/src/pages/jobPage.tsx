import type { Job } from "../api/messages.ts";
import type { Workspace } from "../app.ts";
import { EmptyState } from "../components/emptyState.tsx";
import { Loading } from "../components/loading.tsx";
import { PageLink } from "../components/pageLink.tsx";
import { useObservable } from "../components/useObservable.ts";
import { OpenJob } from "../state/job.ts";
import type { Place } from "../state/route.ts";
import { Fragment, h, useEffect, useMemo, type VNode } from "../view.ts";
import { ShownJob } from "./shownJob.tsx";

interface JobPageProps {
  workspace: Workspace;
  id: string;
  place: Place | null;
  /** Opens the run dialog with what this job ran. */
  onCopy(job: Job): void;
}

export function JobPage({ workspace, id, place, onCopy }: JobPageProps): VNode {
  const { app, events, jobs } = workspace;
  const model = useMemo(() => new OpenJob(id, jobs.find(id), app.client, events), []);
  useEffect(() => () => model.dispose(), []);
  const state = useObservable(model.state);
  const toList = <PageLink router={app.router} to={{ page: "jobs" }} class="button">All jobs</PageLink>;
  switch (state.kind) {
    case "loading":
      return (
        <Fragment>
          <h1 class="visually-hidden">Job</h1>
          <Loading what="job" />
        </Fragment>
      );
    case "missing":
      return state.wasShown
        ? <EmptyState isPage title="This job has been removed.">{toList}</EmptyState>
        : (
          <EmptyState isPage title="There is no such job.">
            <p>It may have been removed.</p>
            {toList}
          </EmptyState>
        );
    case "failed":
      return (
        <EmptyState isPage title="The job could not be loaded.">
          <p>{state.message}</p>
          <button type="button" class="button" onClick={() => void model.fetch()}>Try again</button>
        </EmptyState>
      );
    case "ready":
      return <ShownJob {...{ workspace, model, place }} job={state.job} onCopy={() => onCopy(state.job)} />;
  }
}
