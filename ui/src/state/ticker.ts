import { Observable } from "./observable.ts";
import type { Timing } from "./timing.ts";

/** The server's time, once a second while anybody looks at it: what running durations and ages are counted with. */
export class Ticker {
  readonly #now: Observable<number>;
  #users = 0;
  #cancel: (() => void) | null = null;

  constructor(private readonly timing: Timing, private readonly skew: () => number) {
    this.#now = new Observable(timing.now() + skew());
  }

  get value(): number {
    return this.#users > 0 ? this.#now.value : this.timing.now() + this.skew();
  }

  subscribe(listener: () => void): () => void {
    const unsubscribe = this.#now.subscribe(listener);
    this.#users += 1;
    if (this.#cancel === null) this.#tick();
    return () => {
      unsubscribe();
      this.#users -= 1;
      if (this.#users > 0) return;
      this.#cancel?.();
      this.#cancel = null;
    };
  }

  #tick(): void {
    const now = this.timing.now();
    // At the next whole second, so that every duration on the page changes at once.
    this.#cancel = this.timing.after(1000 - now % 1000, () => this.#tick());
    this.#now.value = now + this.skew();
  }
}
