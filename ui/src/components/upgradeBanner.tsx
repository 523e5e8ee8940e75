import type { Workspace } from "../app.ts";
import { h, useEffect, type VNode } from "../view.ts";
import * as texts from "../texts/page.ts";
import { useObservable } from "./useObservable.ts";

/** A page that is older than its server loads itself anew where it was, unless somebody is in the middle of something. */
export function UpgradeBanner({ workspace, isBusy }: { workspace: Workspace; isBusy: boolean }): VNode | null {
  const isDue = useObservable(workspace.upgrade.isDue);
  const selection = useObservable(workspace.selection.state);
  const isChoosing = selection.isOn;
  const reload = () => void workspace.keepPlace().then(() => location.reload());
  useEffect(() => {
    if (isDue && !isBusy && !isChoosing && workspace.reading?.isTyping() !== true) reload();
  }, [isDue, isBusy, isChoosing]);
  if (!isDue) return null;
  return (
    <section class="banner" aria-label={texts.upgrade} role="status">
      <span>
        <strong>{texts.upgraded}</strong> <span class="wide-only">{texts.pageIsOld}</span>
      </span>
      <button type="button" class="button compact" onClick={reload}>{texts.loadNew}</button>
    </section>
  );
}
