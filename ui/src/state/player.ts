import { Observable } from "./observable.ts";
import type { OutputScreen } from "./output.ts";
import { countUpTo, playTimes, type Recording } from "./recording.ts";
import type { Timing } from "./timing.ts";

export interface PlayerState {
  isPlaying: boolean;
  /** Seconds in the recording, not in the player: pauses that are shortened still count whole. */
  time: number;
  duration: number;
  speed: number;
  /** Pauses longer than this are shortened to it; Infinity for none. */
  idleLimit: number;
  /** How many pieces are shown, of all. */
  shown: number;
}

export const SPEEDS = [0.5, 1, 2, 5, 10] as const;
export const SHORT_PAUSE = 1;
/** Going back draws anew; of a long recording only this much before the moment, which fills any screen many times. */
const DRAWN_AGAIN = 4 * 1024 * 1024;

/** Plays a recording on a screen. Whatever is done, the screen shows exactly the pieces up to its time. */
export class Player {
  readonly state: Observable<PlayerState>;
  #playTimes: number[];
  #drawn = 0;
  /** A draw is under way; where to go next is asked when it is done. */
  #isDrawing = false;
  #cancelFrame: (() => void) | null = null;
  #isDisposed = false;

  constructor(readonly recording: Recording, private readonly screen: OutputScreen, private readonly timing: Timing) {
    const duration = recording.times[recording.times.length - 1] ?? 0;
    const idleLimit = SHORT_PAUSE;
    this.#playTimes = playTimes(recording.times, idleLimit);
    this.state = new Observable<PlayerState>({ isPlaying: false, time: 0, duration, speed: 1, idleLimit, shown: 0 });
  }

  play(): void {
    if (this.state.value.isPlaying) return;
    if (this.state.value.time >= this.state.value.duration) this.seek(0);
    this.#set({ isPlaying: true });
    this.#run();
  }

  pause(): void {
    this.#cancelFrame?.();
    this.#cancelFrame = null;
    this.#set({ isPlaying: false });
  }

  seek(time: number): void {
    const clean = Math.max(0, Math.min(this.state.value.duration, time));
    this.#goTo(clean, countUpTo(this.recording.times, clean));
    if (this.state.value.isPlaying) this.#run();
  }

  /** To the moment of the next piece, or the one before. */
  step(by: 1 | -1): void {
    this.pause();
    const shown = Math.max(0, Math.min(this.recording.pieces.length, this.state.value.shown + by));
    this.#goTo(shown === 0 ? 0 : this.recording.times[shown - 1] ?? 0, shown);
  }

  setSpeed(speed: number): void {
    this.#set({ speed });
    if (this.state.value.isPlaying) this.#run();
  }

  setIdleLimit(idleLimit: number): void {
    this.#playTimes = playTimes(this.recording.times, idleLimit);
    this.#set({ idleLimit });
    if (this.state.value.isPlaying) this.#run();
  }

  dispose(): void {
    this.#isDisposed = true;
    this.#cancelFrame?.();
  }

  /** From where it is, at the speed it has. */
  #run(): void {
    this.#cancelFrame?.();
    const started = this.timing.now();
    const { time, speed } = this.state.value;
    const from = this.#played(time);
    const frame = () => {
      const target = from + (this.timing.now() - started) / 1000 * speed;
      const shown = countUpTo(this.#playTimes, target);
      if (shown >= this.recording.pieces.length) {
        this.#goTo(this.state.value.duration, shown);
        return this.pause();
      }
      this.#goTo(this.#recorded(target, shown), shown);
      this.#cancelFrame = this.timing.beforeFrame(frame);
    };
    this.#cancelFrame = this.timing.beforeFrame(frame);
  }

  /** Recorded time as played. */
  #played(time: number): number {
    const shown = countUpTo(this.recording.times, time);
    const [recorded, played] = this.#before(shown);
    return played + Math.min(time - recorded, this.state.value.idleLimit);
  }

  /** Played time as recorded: within a shortened pause it goes on as if the pause were short, and jumps at its end. */
  #recorded(target: number, shown: number): number {
    const [recorded, played] = this.#before(shown);
    return Math.min(recorded + (target - played), this.recording.times[shown] ?? Infinity);
  }

  #before(shown: number): [number, number] {
    return shown === 0 ? [0, 0] : [this.recording.times[shown - 1] ?? 0, this.#playTimes[shown - 1] ?? 0];
  }

  #goTo(time: number, shown: number): void {
    this.#set({ time, shown });
    this.#draw();
  }

  /** One draw at a time: while the handle of the timeline is dragged, places in between are passed over. */
  #draw(): void {
    const { shown } = this.state.value;
    if (this.#isDrawing || this.#isDisposed || shown === this.#drawn) return;
    let from = this.#drawn;
    if (shown < from) {
      this.screen.reset();
      from = 0;
      let characters = 0;
      for (let index = shown - 1; index >= 0 && characters < DRAWN_AGAIN; index -= 1) {
        characters += this.recording.pieces[index]?.length ?? 0;
        from = index;
      }
    }
    this.#drawn = shown;
    this.#isDrawing = true;
    this.screen.write(new TextEncoder().encode(this.recording.pieces.slice(from, shown).join("")), () => {
      this.#isDrawing = false;
      this.#draw();
    });
  }

  #set(change: Partial<PlayerState>): void {
    this.state.value = { ...this.state.value, ...change };
  }
}
