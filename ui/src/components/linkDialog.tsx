import { h, type VNode } from "../view.ts";
import * as common from "../texts/common.ts";
import * as texts from "../texts/output.ts";
import { Dialog } from "./dialog.tsx";

/** A link in the output may show one address and lead to another, so the real one is shown before it is opened. */
export function LinkDialog({ target, onClose }: { target: URL; onClose(): void }): VNode {
  return (
    <Dialog title={texts.openLink} class="small" onClose={onClose}>
      <div class="dialog-body">
        <p>{texts.linksTo}</p>
        <p>
          <strong>{target.host}</strong>
        </p>
        <pre class="address">{target.href}</pre>
      </div>
      <footer class="dialog-foot">
        <button type="button" class="button" autofocus onClick={onClose}>{common.cancel}</button>
        <a class="button primary" href={target.href} target="_blank" rel="noopener noreferrer" onClick={onClose}>
          {texts.openInTab}
        </a>
      </footer>
    </Dialog>
  );
}
