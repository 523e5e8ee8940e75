import type { Job, Session } from "../api/messages.ts";
import type { Workspace } from "../app.ts";
import { BulkBar } from "../components/bulkBar.tsx";
import { EmptyState } from "../components/emptyState.tsx";
import { JobFilterBar } from "../components/jobFilterBar.tsx";
import { JobList } from "../components/jobList.tsx";
import { useObservable } from "../components/useObservable.ts";
import type { Route } from "../state/route.ts";
import { EMPTY_FORM } from "../state/runForm.ts";
import { Fragment, h, type RefObject, type VNode } from "../view.ts";
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
  return (
    <Fragment>
      <nav class="list-pane" aria-label="Jobs">
        {openID === null && <h1 class="visually-hidden">Jobs</h1>}
        <JobFilterBar workspace={workspace} canOperate={canRun} field={filter} />
        <JobList workspace={workspace} openID={openID} node={session.node} canRun={canRun} onRun={onRun} />
        <BulkBar workspace={workspace} canRemove={session.rights.includes("administer")} />
      </nav>
      <section class="job-pane" aria-label="Job">
        {route.page === "jobs"
          ? <NothingOpen workspace={workspace} canRun={canRun} onRun={onRun} />
          : <JobPage key={route.id} workspace={workspace} id={route.id} place={route.place ?? null} onCopy={onCopy} />}
      </section>
    </Fragment>
  );
}

const FIRST_COMMAND = `for i in 1 2 3; do printf "\\033[3\${i}mline $i\\033[0m\\n"; sleep 1; done`;

function NothingOpen(
  { workspace, canRun, onRun }: { workspace: Workspace; canRun: boolean; onRun(): void },
): VNode | null {
  const { phase, jobs } = useObservable(workspace.jobs.list);
  if (phase !== "ready") return null;
  if (jobs.length > 0) {
    return (
      <EmptyState title="No job is open.">
        <p>Choose one from the list.</p>
      </EmptyState>
    );
  }
  return (
    <EmptyState title="The output of a job is shown here.">
      {canRun && (
        <Fragment>
          <p>A first command, to see it live:</p>
          <pre class="first-command">{FIRST_COMMAND}</pre>
          <button
            type="button"
            class="button"
            onClick={() => {
              workspace.draft.value = { ...EMPTY_FORM, command: FIRST_COMMAND };
              onRun();
            }}
          >
            Take this one
          </button>
        </Fragment>
      )}
    </EmptyState>
  );
}
