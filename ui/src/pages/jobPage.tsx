import type { Job } from "../api/messages.ts";
import type { Workspace } from "../app.ts";
import { EmptyState } from "../components/emptyState.tsx";
import { Loading } from "../components/loading.tsx";
import { PageLink } from "../components/pageLink.tsx";
import { useObservable } from "../components/useObservable.ts";
import { OpenJob } from "../state/job.ts";
import type { Place } from "../state/route.ts";
import { Fragment, h, useEffect, useMemo, type VNode } from "../view.ts";
import * as common from "../texts/common.ts";
import * as texts from "../texts/job.ts";
import * as list from "../texts/list.ts";
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
  const toList = <PageLink router={app.router} to={{ page: "jobs" }} class="button">{texts.allJobs}</PageLink>;
  switch (state.kind) {
    case "loading":
      return (
        <Fragment>
          <h1 class="visually-hidden">{list.job}</h1>
          <Loading what={texts.loadingWord} />
        </Fragment>
      );
    case "missing":
      return state.wasShown
        ? <EmptyState isPage title={texts.removed}>{toList}</EmptyState>
        : (
          <EmptyState isPage title={texts.noSuchJob}>
            <p>{texts.mayBeRemoved}</p>
            {toList}
          </EmptyState>
        );
    case "failed":
      return (
        <EmptyState isPage title={texts.couldNotLoad}>
          <p>{state.message}</p>
          <button type="button" class="button" onClick={() => void model.fetch()}>{common.tryAgain}</button>
        </EmptyState>
      );
    case "ready":
      return <ShownJob {...{ workspace, model, place }} job={state.job} onCopy={() => onCopy(state.job)} />;
  }
}
