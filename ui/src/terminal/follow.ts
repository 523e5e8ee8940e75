import { Observable } from "../state/observable.ts";

export interface FollowState {
  isFollowing: boolean;
  /** Lines that arrived since following stopped. */
  newLines: number;
}

/** How long after the last wheel, touch or key a movement of the viewport still counts as the person's own. */
const GESTURE_LASTS = 1000;

/**
 * Whether the terminal stays at its last line: until somebody scrolls up, and again once they are back at the bottom.
 *
 * The viewport also moves by itself while output pours, so a movement only counts with a gesture before it.
 */
export class Follow {
  readonly state = new Observable<FollowState>({ isFollowing: true, newLines: 0 });
  #newLines = 0;
  #lastGesture = -Infinity;
  #isDragging = false;

  constructor(private readonly now: () => number) {}

  get isFollowing(): boolean {
    return this.state.value.isFollowing;
  }

  gesture(): void {
    this.#lastGesture = this.now();
  }

  /** A drag of the scroll bar lasts as long as the button is down. */
  drag(isDown: boolean): void {
    if (this.#isDragging) this.gesture();
    this.#isDragging = isDown;
  }

  /** Returns whether the person moved it. */
  moved(isAtBottom: boolean): boolean {
    if (!this.#isDragging && this.now() - this.#lastGesture > GESTURE_LASTS) return false;
    this.set(isAtBottom);
    return true;
  }

  /** Follows because it was told to: what was scrolled shortly before has no say any more. */
  resume(): void {
    this.#lastGesture = -Infinity;
    this.set(true);
  }

  set(isFollowing: boolean): void {
    if (isFollowing === this.isFollowing) return;
    this.#newLines = 0;
    this.state.value = { isFollowing, newLines: 0 };
  }

  lineFed(): void {
    if (!this.isFollowing) this.#newLines += 1;
  }

  /** Publishes the count: once for each piece of output, not for each line in it. */
  publish(): void {
    const state = this.state.value;
    if (state.newLines !== this.#newLines) this.state.value = { ...state, newLines: this.#newLines };
  }
}
