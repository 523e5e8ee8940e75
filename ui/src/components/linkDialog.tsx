import { h, type VNode } from "../view.ts";
import { Dialog } from "./dialog.tsx";

/** A link in the output may show one address and lead to another, so the real one is shown before it is opened. */
export function LinkDialog({ target, onClose }: { target: URL; onClose(): void }): VNode {
  return (
    <Dialog title="Open this link?" class="small" onClose={onClose}>
      <div class="dialog-body">
        <p>The output of the job links to</p>
        <p>
          <strong>{target.host}</strong>
        </p>
        <pre class="address">{target.href}</pre>
      </div>
      <footer class="dialog-foot">
        <button type="button" class="button" autofocus onClick={onClose}>Cancel</button>
        <a class="button primary" href={target.href} target="_blank" rel="noopener noreferrer" onClick={onClose}>
          Open in a new tab
        </a>
      </footer>
    </Dialog>
  );
}
