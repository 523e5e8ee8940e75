import { type ComponentChildren, h, type RefObject, useId, useRef, useState, type VNode } from "../view.ts";

interface MenuProps {
  label: string;
  /** What the button shows. */
  button: ComponentChildren;
  class?: string;
  /** Drawn only while it is open. */
  children(close: () => void): ComponentChildren;
}

/** A button and what drops down from it. The browser closes it on Escape and on a click elsewhere. */
export function Menu({ label, button, class: name, children }: MenuProps): VNode {
  const id = useId();
  const opener = useRef<HTMLButtonElement>(null);
  const panel = useRef<HTMLDivElement>(null);
  const [isOpen, setOpen] = useState(false);
  return (
    <span class="menu-place">
      <button
        ref={opener}
        type="button"
        class={name ?? "icon-button"}
        aria-label={label}
        title={label}
        aria-expanded={isOpen}
        popovertarget={id}
      >
        {button}
      </button>
      <div
        id={id}
        ref={panel}
        class="menu"
        popover="auto"
        onBeforeToggle={({ newState }) => {
          // Else it would be seen empty, and elsewhere, for a moment.
          if (newState !== "open") return;
          setOpen(true);
          place(opener, panel);
        }}
        onToggle={() => setOpen(panel.current?.matches(":popover-open") ?? false)}
      >
        {isOpen && children(() => panel.current?.hidePopover())}
      </div>
    </span>
  );
}

/** Below the button, and inside the window. */
function place(opener: RefObject<HTMLElement>, panel: RefObject<HTMLElement>): void {
  if (opener.current === null || panel.current === null) return;
  const { bottom, right } = opener.current.getBoundingClientRect();
  const fromRight = Math.max(8, Math.min(document.documentElement.clientWidth - right, innerWidth - 248));
  panel.current.style.inset = `${Math.round(bottom + 4)}px ${Math.round(fromRight)}px auto auto`;
  panel.current.style.maxHeight = `${Math.max(160, Math.round(innerHeight - bottom - 12))}px`;
}

interface MenuItemProps {
  onChoose(): void;
  disabled?: boolean;
  children: ComponentChildren;
}

export function MenuItem({ onChoose, disabled, children }: MenuItemProps): VNode {
  return <button type="button" class="menu-item" disabled={disabled ?? false} onClick={onChoose}>{children}</button>;
}
