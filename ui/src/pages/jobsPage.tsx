import type { Job, Session } from "../api/messages.ts";
import type { Workspace } from "../app.ts";
import { BulkBar } from "../components/bulkBar.tsx";
import { EmptyState } from "../components/emptyState.tsx";
import { JobFilterBar } from "../components/jobFilterBar.tsx";
import { JobList } from "../components/jobList.tsx";
import { useObservable } from "../components/useObservable.ts";
import { isEverything } from "../state/jobFilter.ts";
import type { Route } from "../state/route.ts";
import { EMPTY_FORM } from "../state/runForm.ts";
import { Fragment, h, type RefObject, type VNode } from "../view.ts";
import * as texts from "../texts/list.ts";
import { JobPage } from "./jobPage.tsx";

interface JobsPageProps {
  workspace: Workspace;
  session: Session;
  route: Extract<Route, { page: "jobs" | "job" }>;
  filter: RefObject<HTMLInputElement>;
  onRun(): void;
  onCopy(job: Job): void;
}

/** The list and, beside it or instead of it, one job. */
export function JobsPage({ workspace, session, route, filter, onRun, onCopy }: JobsPageProps): VNode {
  const openID = route.page === "job" ? route.id : null;
  const canRun = session.rights.includes("operate");
  const { phase, jobs, filter: wanted } = useObservable(workspace.jobs.list);
  // Without a job beside it the list has all the room, unless there is none yet and a first command to show.
  const isAlone = openID === null && !(phase === "ready" && jobs.length === 0 && isEverything(wanted));
  return (
    <Fragment>
      <nav class={isAlone ? "list-pane alone" : "list-pane"} aria-label={texts.jobs}>
        {openID === null && <h1 class="visually-hidden">{texts.jobs}</h1>}
        <JobFilterBar workspace={workspace} canOperate={canRun} field={filter} />
        <JobList workspace={workspace} openID={openID} node={session.node} canRun={canRun} onRun={onRun} />
        <BulkBar workspace={workspace} canRemove={session.rights.includes("administer")} />
      </nav>
      <section class="job-pane" aria-label={texts.job} hidden={isAlone}>
        {route.page === "jobs"
          ? <NothingOpen workspace={workspace} canRun={canRun} onRun={onRun} />
          : <JobPage key={route.id} workspace={workspace} id={route.id} place={route.place ?? null} onCopy={onCopy} />}
      </section>
    </Fragment>
  );
}

function NothingOpen(
  { workspace, canRun, onRun }: { workspace: Workspace; canRun: boolean; onRun(): void },
): VNode | null {
  const { phase, jobs } = useObservable(workspace.jobs.list);
  if (phase !== "ready" || jobs.length > 0) return null;
  return (
    <EmptyState title={texts.outputIsShownHere}>
      {canRun && (
        <Fragment>
          <p>{texts.firstCommand}</p>
          <pre class="first-command">{texts.firstCommandLine}</pre>
          <button
            type="button"
            class="button primary"
            onClick={() => {
              workspace.draft.value = { ...EMPTY_FORM, command: texts.firstCommandLine };
              onRun();
            }}
          >
            {texts.takeThisOne}
          </button>
        </Fragment>
      )}
    </EmptyState>
  );
}
