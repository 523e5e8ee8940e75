import { Observable } from "./observable.ts";
import type { Timing } from "./timing.ts";

/** Something that holds a WebSocket open: it is told to open one, and reports what became of it. */
export interface Link {
  open(): void;
}

export type ConnectionState =
  | { kind: "connecting" }
  | { kind: "connected" }
  /** All links that are down are opened again at `until`. */
  | { kind: "waiting"; until: number; attempt: number }
  | { kind: "retrying"; attempt: number };

const FIRST_DELAY = 500;
const LONGEST_DELAY = 15_000;
/** A connection that broke sooner than this had not really been made, so the delays go on growing. */
const STABLE_AFTER = 5_000;

/**
 * The page's connection to its server: the links it consists of, and one countdown for all of them.
 *
 * When a server goes away every link breaks at once; one banner with one countdown says so, and all come back together.
 */
export class Connection {
  readonly state = new Observable<ConnectionState>({ kind: "connecting" });
  readonly #links = new Map<Link, "opening" | "open" | "down">();
  #attempt = 0;
  #openedAt = 0;
  #cancelTimer: (() => void) | null = null;

  /**
   * `onLost` is called for each link that breaks. A browser does not tell a page why a WebSocket was refused, so this is
   * where the session is checked. `random` spreads the pages of many people over time when a server comes back.
   */
  constructor(
    private readonly timing: Timing,
    private readonly onLost: () => void = () => {},
    private readonly random: () => number = Math.random,
  ) {}

  add(link: Link): void {
    this.#links.set(link, "opening");
    link.open();
  }

  remove(link: Link): void {
    this.#links.delete(link);
    this.#settle();
  }

  opened(link: Link): void {
    if (!this.#links.has(link)) return;
    this.#links.set(link, "open");
    this.#openedAt = this.timing.now();
    // The server answers: whoever else is waiting need not wait any longer.
    if (this.#cancelTimer !== null) this.#openAll();
    this.#settle();
  }

  lost(link: Link): void {
    if (!this.#links.has(link)) return;
    if (this.#links.get(link) === "open" && this.timing.now() - this.#openedAt >= STABLE_AFTER) this.#attempt = 0;
    this.#links.set(link, "down");
    this.onLost();
    if (this.#cancelTimer !== null) return;
    const delay = Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** this.#attempt) * (0.75 + this.random() / 2);
    this.#attempt += 1;
    this.#cancelTimer = this.timing.after(delay, () => this.#openAll());
    this.state.value = { kind: "waiting", until: this.timing.now() + delay, attempt: this.#attempt };
  }

  retryNow(): void {
    if (this.#cancelTimer !== null) this.#openAll();
  }

  dispose(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    this.#links.clear();
  }

  #openAll(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    this.state.value = { kind: "retrying", attempt: this.#attempt };
    for (const [link, state] of [...this.#links]) {
      if (state !== "down") continue;
      this.#links.set(link, "opening");
      link.open();
    }
  }

  #settle(): void {
    const states = [...this.#links.values()];
    if (!states.every((state) => state === "open")) {
      // Without the link that was down there is nothing left to wait for.
      if (this.#cancelTimer !== null && !states.includes("down")) this.#openAll();
      return;
    }
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    this.state.value = { kind: "connected" };
  }
}
