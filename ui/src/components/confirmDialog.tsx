import { type ComponentChildren, h, type VNode } from "../view.ts";
import * as common from "../texts/common.ts";
import { Dialog } from "./dialog.tsx";

interface ConfirmProps {
  title: string;
  /** What the button does, as a verb. */
  action: string;
  onConfirm(): void;
  onClose(): void;
  children: ComponentChildren;
}

/** Asks before something that cannot be undone. */
export function ConfirmDialog({ title, action, onConfirm, onClose, children }: ConfirmProps): VNode {
  return (
    <Dialog title={title} class="small" onClose={onClose}>
      <div class="dialog-body">{children}</div>
      <footer class="dialog-foot">
        <button type="button" class="button" onClick={onClose}>{common.cancel}</button>
        <button
          type="button"
          class="button danger"
          autofocus
          onClick={() => {
            onClose();
            onConfirm();
          }}
        >
          {action}
        </button>
      </footer>
    </Dialog>
  );
}
