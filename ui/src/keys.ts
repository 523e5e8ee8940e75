import type { Preferences } from "./state/preferences.ts";

export type Bindings = Record<string, () => void>;

/** Single-key shortcuts. What was bound last answers first; off while somebody types, or a dialog or a menu is open. */
export class Shortcuts {
  readonly #bindings: Bindings[] = [];
  readonly #onKey = (event: KeyboardEvent) => this.#handle(event);

  constructor(private readonly target: Document, private readonly preferences: Preferences) {
    target.addEventListener("keydown", this.#onKey);
  }

  /** Returns what takes them away again. Bound in a layout effect, so that who sees the page can use its keys. */
  bind(bindings: Bindings): () => void {
    this.#bindings.unshift(bindings);
    return () => {
      const index = this.#bindings.indexOf(bindings);
      if (index >= 0) this.#bindings.splice(index, 1);
    };
  }

  dispose(): void {
    this.target.removeEventListener("keydown", this.#onKey);
    this.#bindings.length = 0;
  }

  #handle(event: KeyboardEvent): void {
    if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    // Escape is no character, so it stays when the single keys are off.
    if (event.key !== "Escape" && !this.preferences.singleKeys.value) return;
    if (isTyping(event.target) || this.target.querySelector("dialog[open], :popover-open") !== null) return;
    const run = this.#bindings.find((bindings) => bindings[event.key] !== undefined)?.[event.key];
    if (run === undefined) return;
    // Else the letter would land in the field that the shortcut has just focused.
    event.preventDefault();
    run();
  }
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  // The terminal keeps its focus in a text area too, but mostly takes no input.
  if (target.closest(".xterm") !== null) return target.closest(".typing") !== null;
  return target.matches(
    "textarea, select, [contenteditable], input:not([type=checkbox]):not([type=radio]):not([type=range])",
  );
}
