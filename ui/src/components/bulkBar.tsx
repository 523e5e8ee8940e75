import type { Workspace } from "../app.ts";
import type { BulkAction } from "../state/selection.ts";
import { h, useState, type VNode } from "../view.ts";
import * as common from "../texts/common.ts";
import * as texts from "../texts/list.ts";
import { ConfirmDialog } from "./confirmDialog.tsx";
import { useObservable } from "./useObservable.ts";

/** What can be done to the jobs that are chosen. */
export function BulkBar({ workspace, canRemove }: { workspace: Workspace; canRemove: boolean }): VNode | null {
  const { selection, jobs: model } = workspace;
  const { isOn, ids, progress, report } = useObservable(selection.state);
  const { jobs } = useObservable(model.list);
  const [question, ask] = useState<BulkAction | null>(null);
  if (!isOn) return null;
  const stoppable = selection.targets("stop", jobs);
  const chosen = selection.targets("remove", jobs);
  const targets = question === "stop" ? stoppable : chosen;
  return (
    <section class="bulk-bar" aria-label={texts.chosenJobs}>
      <p role="status">
        {progress === null
          ? texts.chosen(chosen.length)
          : texts.progress(progress.action, progress.done, progress.total)}
      </p>
      {report !== null && <p class="notice error" role="alert">{report}</p>}
      <div class="bulk-actions">
        <button
          type="button"
          class="button compact danger"
          disabled={stoppable.length === 0 || progress !== null}
          onClick={() => ask("stop")}
        >
          {texts.verbWith("stop", stoppable.length)}
        </button>
        {canRemove && (
          <button
            type="button"
            class="button compact danger"
            disabled={chosen.length === 0 || progress !== null}
            onClick={() => ask("remove")}
          >
            {texts.verbWith("remove", chosen.length)}
          </button>
        )}
        <span class="spacer" />
        <button
          type="button"
          class="button compact quiet"
          onClick={() => selection.all(ids.size < jobs.length ? jobs : [])}
        >
          {ids.size < jobs.length ? texts.all : texts.noneOfThem}
        </button>
        <button type="button" class="button compact quiet" onClick={() => selection.end()}>{common.done}</button>
      </div>
      {question !== null && (
        <ConfirmDialog
          title={texts.ask(question, targets.length)}
          action={texts.verbs[question]}
          onClose={() => ask(null)}
          onConfirm={() => void selection.run(question, targets)}
        >
          <p>{texts.consequence[question]}</p>
        </ConfirmDialog>
      )}
    </section>
  );
}
