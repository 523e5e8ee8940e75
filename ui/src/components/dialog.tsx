import { type ComponentChildren, h, useId, useLayoutEffect, useRef, type VNode } from "../view.ts";
import * as common from "../texts/common.ts";
import { CloseIcon } from "./icons.tsx";

interface DialogProps {
  title: string;
  class?: string;
  /** Called when it has closed, whichever way. */
  onClose(): void;
  children: ComponentChildren;
}

/** A modal dialog: the browser keeps the focus inside, closes it on Escape, and gives the focus back. */
export function Dialog({ title, class: extra, onClose, children }: DialogProps): VNode {
  const dialog = useRef<HTMLDialogElement>(null);
  const titleID = useId();
  // Open before the next key comes: what is typed right behind the key that opens it lands in its first field.
  useLayoutEffect(() => {
    const element = dialog.current;
    const before = document.activeElement;
    element?.showModal();
    return () => {
      element?.close();
      // Taken out of the page while open, a dialog cannot give the focus back by itself.
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={dialog}
      class={`dialog ${extra ?? ""}`}
      aria-labelledby={titleID}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
    >
      <header class="dialog-head">
        <h2 id={titleID}>{title}</h2>
        <button type="button" class="icon-button" aria-label={common.close} onClick={onClose}>
          <CloseIcon />
        </button>
      </header>
      {children}
    </dialog>
  );
}
