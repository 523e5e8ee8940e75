import type { Workspace } from "../app.ts";
import { isEverything } from "../state/jobFilter.ts";
import { EVERYTHING } from "../state/jobFilter.ts";
import { h, type VNode } from "../view.ts";
import * as common from "../texts/common.ts";
import * as texts from "../texts/list.ts";
import { EmptyState } from "./emptyState.tsx";
import { JobRows } from "./jobRows.tsx";
import { keyCap } from "./keyCap.tsx";
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
  if (phase === "loading") return <Loading what={texts.loadingWord} />;
  if (phase === "failed") {
    return (
      <EmptyState title={texts.couldNotLoad}>
        <p>{error}</p>
        <button type="button" class="button" onClick={() => model.retry()}>{common.tryAgain}</button>
      </EmptyState>
    );
  }
  if (jobs.length === 0 && !isEverything(filter)) {
    return (
      <EmptyState title={texts.noMatch}>
        <button type="button" class="button" onClick={() => model.filter(EVERYTHING)}>{texts.showAll}</button>
      </EmptyState>
    );
  }
  if (jobs.length === 0) {
    return (
      <EmptyState title={texts.none}>
        {canRun && <p>{texts.pressToRun(keyCap)}</p>}
        {canRun && <button type="button" class="button" onClick={onRun}>{texts.runACommand}</button>}
      </EmptyState>
    );
  }
  return <JobRows workspace={workspace} openID={openID} node={node} />;
}
