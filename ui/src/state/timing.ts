/** Time as the models see it, so that tests can move it by hand. */
export interface Timing {
  now(): number;
  /** Returns what cancels the call. */
  after(milliseconds: number, call: () => void): () => void;
  /** Calls before the next frame is drawn; in a hidden tab, when the browser allows. */
  beforeFrame(call: () => void): () => void;
}

export const browserTiming: Timing = {
  now: () => Date.now(),
  after(milliseconds, call) {
    const timer = setTimeout(call, milliseconds);
    return () => clearTimeout(timer);
  },
  beforeFrame(call) {
    // No frames are drawn in a hidden tab, but its title still shows the state, so a slow timer stands in.
    if (document.hidden) return browserTiming.after(250, call);
    const frame = requestAnimationFrame(call);
    return () => cancelAnimationFrame(frame);
  },
};

/** Joins many requests for the same work into one call per frame. */
export class FrameGate {
  #cancel: (() => void) | null = null;

  constructor(private readonly timing: Timing, private readonly work: () => void) {}

  request(): void {
    this.#cancel ??= this.timing.beforeFrame(() => {
      this.#cancel = null;
      this.work();
    });
  }

  dispose(): void {
    this.#cancel?.();
    this.#cancel = null;
  }
}
