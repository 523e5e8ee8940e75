import type { Workspace } from "../app.ts";
import { count } from "../format.ts";
import type { BulkAction } from "../state/selection.ts";
import { Fragment, h, useState, type VNode } from "../view.ts";
import { ConfirmDialog } from "./confirmDialog.tsx";
import { useObservable } from "./useObservable.ts";

const VERBS = { stop: "Stop", remove: "Remove" } as const;

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
    <section class="bulk-bar" aria-label="Chosen jobs">
      <p role="status">
        {progress === null
          ? `${chosen.length} chosen`
          : `${progress.action === "stop" ? "Stopping" : "Removing"} ${progress.done} of ${progress.total}…`}
      </p>
      {report !== null && <p class="notice error" role="alert">{report}</p>}
      <div class="bulk-actions">
        <button
          type="button"
          class="button compact danger"
          disabled={stoppable.length === 0 || progress !== null}
          onClick={() => ask("stop")}
        >
          Stop {stoppable.length > 0 && stoppable.length}
        </button>
        {canRemove && (
          <button
            type="button"
            class="button compact danger"
            disabled={chosen.length === 0 || progress !== null}
            onClick={() => ask("remove")}
          >
            Remove {chosen.length > 0 && chosen.length}
          </button>
        )}
        <span class="spacer" />
        <button
          type="button"
          class="button compact quiet"
          onClick={() => selection.all(ids.size < jobs.length ? jobs : [])}
        >
          {ids.size < jobs.length ? "All" : "None"}
        </button>
        <button type="button" class="button compact quiet" onClick={() => selection.end()}>Done</button>
      </div>
      {question !== null && (
        <ConfirmDialog
          title={`${VERBS[question]} ${count(targets.length, "job", "jobs")}?`}
          action={VERBS[question]}
          onClose={() => ask(null)}
          onConfirm={() => void selection.run(question, targets)}
        >
          <Fragment>
            {question === "stop"
              ? <p>The commands and everything they started are told to end, and killed if they do not.</p>
              : <p>Those that still run are stopped first. Their output is deleted for good.</p>}
          </Fragment>
        </ConfirmDialog>
      )}
    </section>
  );
}
