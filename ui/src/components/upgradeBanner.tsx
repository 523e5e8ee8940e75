import type { Workspace } from "../app.ts";
import { EMPTY_FORM } from "../state/runForm.ts";
import { h, useEffect, type VNode } from "../view.ts";
import * as texts from "../texts/page.ts";
import { useObservable } from "./useObservable.ts";

/** A page that is older than its server loads itself anew, unless that would lose what somebody is about to do. */
export function UpgradeBanner({ workspace, isBusy }: { workspace: Workspace; isBusy: boolean }): VNode | null {
  const isDue = useObservable(workspace.upgrade.isDue);
  const draft = useObservable(workspace.draft);
  const selection = useObservable(workspace.selection.state);
  const canReload = !isBusy && draft === EMPTY_FORM && !selection.isOn;
  useEffect(() => {
    // The address holds the place: the job, the filter, the line.
    if (isDue && canReload) location.reload();
  }, [isDue, canReload]);
  if (!isDue) return null;
  return (
    <section class="banner" aria-label={texts.upgrade} role="status">
      <span>
        <strong>{texts.upgraded}</strong> <span class="wide-only">{texts.pageIsOld}</span>
      </span>
      <button type="button" class="button compact" onClick={() => location.reload()}>{texts.loadNew}</button>
    </section>
  );
}
