/** What a person does to the viewport, told apart from what the terminal does to it by itself. */
export interface GestureHandlers {
  /** A movement of the viewport that follows soon is the person's own. */
  gesture(): void;
  /** The button of a pointer went down, or up again. */
  drag(isDown: boolean): void;
  /** Lines to scroll, or a part of one; positive is down. Returns whether nothing else is to be done. */
  wheel(lines: number): boolean;
  /** A finger moves down, which scrolls up. */
  pulledDown(): void;
}

/** `lineHeight` in CSS pixels. The listeners go with `signal`. */
export function listenForGestures(
  host: HTMLElement,
  signal: AbortSignal,
  lineHeight: () => number,
  handlers: GestureHandlers,
): void {
  const watching = { signal, passive: true };
  host.addEventListener("pointerdown", () => handlers.drag(true), watching);
  addEventListener("pointerup", () => handlers.drag(false), watching);
  addEventListener("pointercancel", () => handlers.drag(false), watching);

  host.addEventListener("wheel", (event) => {
    handlers.gesture();
    // With Ctrl it zooms the page, and sideways it moves the host.
    if (event.ctrlKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) return;
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? event.deltaY : event.deltaY / lineHeight();
    if (!handlers.wheel(lines)) return;
    event.preventDefault();
    event.stopPropagation();
  }, { signal, capture: true, passive: false });

  let start: Touch | undefined;
  let isSideways: boolean | null = null;
  host.addEventListener("touchstart", (event) => {
    start = event.touches[0];
    isSideways = null;
  }, { signal, capture: true, passive: true });
  host.addEventListener("touchmove", (event) => {
    handlers.gesture();
    const touch = event.touches[0];
    if (start === undefined || touch === undefined) return;
    isSideways ??= Math.abs(touch.clientX - start.clientX) > Math.abs(touch.clientY - start.clientY);
    // The library takes every touch for itself; one that goes sideways is meant for the host, which only then moves.
    if (isSideways) event.stopPropagation();
    else if (touch.clientY > start.clientY) handlers.pulledDown();
  }, { signal, capture: true, passive: true });
}
