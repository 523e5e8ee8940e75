import type { Workspace } from "../app.ts";
import { h, type RefObject, type VNode } from "../view.ts";
import { EmptyState } from "./emptyState.tsx";
import { JobRow } from "./jobRow.tsx";
import { Loading } from "./loading.tsx";
import { useObservable } from "./useObservable.ts";

interface JobListProps {
  workspace: Workspace;
  openID: string | null;
  node: string;
  canRun: boolean;
  list: RefObject<HTMLUListElement>;
  onRun(): void;
}

export function JobList({ workspace, openID, node, canRun, list, onRun }: JobListProps): VNode {
  const { jobs: model, app } = workspace;
  const { phase, jobs, filter, hasMore, isCut, loadingMore, error } = useObservable(model.list);
  if (phase === "loading") return <Loading what="jobs" />;
  if (phase === "failed") {
    return (
      <EmptyState title="The list could not be loaded.">
        <p>{error}</p>
        <button type="button" class="button" onClick={() => model.retry()}>Try again</button>
      </EmptyState>
    );
  }
  if (jobs.length === 0 && (filter.text.trim() !== "" || filter.statuses.length > 0)) {
    return (
      <EmptyState title="No job matches.">
        <button type="button" class="button" onClick={() => model.filter({ text: "", statuses: [] })}>
          Show all jobs
        </button>
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
  return (
    <div class="job-scroll">
      {error !== null && <p class="notice warn" role="status">{error}</p>}
      <ul class="job-list" ref={list} aria-label="Jobs, newest first">
        {jobs.map((job) => (
          <JobRow
            key={job.id}
            job={job}
            router={app.router}
            ticker={app.ticker}
            isOpen={job.id === openID}
            node={node}
          />
        ))}
      </ul>
      {hasMore && (
        <p class="job-more">
          <button type="button" class="button" disabled={loadingMore} onClick={() => void model.loadMore()}>
            {loadingMore ? "Loading…" : "Load more"}
          </button>
        </p>
      )}
      {isCut && <p class="job-more dim">Older jobs are not shown here. The filter finds them.</p>}
    </div>
  );
}
