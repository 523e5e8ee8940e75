import type { Workspace } from "../app.ts";
import { isEverything } from "../state/jobFilter.ts";
import { EVERYTHING } from "../state/jobFilter.ts";
import { h, type VNode } from "../view.ts";
import { EmptyState } from "./emptyState.tsx";
import { JobRows } from "./jobRows.tsx";
import { Loading } from "./loading.tsx";
import { useObservable } from "./useObservable.ts";

interface JobListProps {
  workspace: Workspace;
  openID: string | null;
  node: string;
  canRun: boolean;
  onRun(): void;
}

export function JobList({ workspace, openID, node, canRun, onRun }: JobListProps): VNode {
  const { jobs: model } = workspace;
  const { phase, jobs, filter, error } = useObservable(model.list);
  if (phase === "loading") return <Loading what="jobs" />;
  if (phase === "failed") {
    return (
      <EmptyState title="The list could not be loaded.">
        <p>{error}</p>
        <button type="button" class="button" onClick={() => model.retry()}>Try again</button>
      </EmptyState>
    );
  }
  if (jobs.length === 0 && !isEverything(filter)) {
    return (
      <EmptyState title="No job matches.">
        <button type="button" class="button" onClick={() => model.filter(EVERYTHING)}>Show all jobs</button>
      </EmptyState>
    );
  }
  if (jobs.length === 0) {
    return (
      <EmptyState title="No jobs yet.">
        {canRun && (
          <p>
            Press <kbd>n</kbd> to run a command.
          </p>
        )}
        {canRun && <button type="button" class="button" onClick={onRun}>Run a command</button>}
      </EmptyState>
    );
  }
  return <JobRows workspace={workspace} openID={openID} node={node} />;
}
