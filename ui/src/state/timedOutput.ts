import type { OutputClient } from "../api/outputClient.ts";
import type { Connection, Link } from "./connection.ts";
import { LineTimes } from "./lineTimes.ts";
import { Observable } from "./observable.ts";
import type { OutputScreen } from "./output.ts";

export interface TimedState {
  phase: "opening" | "streaming" | "ended";
}

/** The output as plain lines with the time of each: the server writes them, so they are read as one long answer. */
export class TimedOutput implements Link {
  readonly state = new Observable<TimedState>({ phase: "opening" });
  /** Resolves when all lines of an ended job are drawn, the first ones of another, or none will come. */
  readonly begun: Promise<void>;
  #begin!: () => void;
  #abort = new AbortController();

  /** `from` is negative for the end of the output. */
  constructor(
    private readonly job: string,
    private readonly client: OutputClient,
    private readonly screen: OutputScreen,
    private readonly connection: Connection,
    private readonly from: number,
    private readonly hasEnded: boolean,
  ) {
    this.begun = new Promise((resolve) => this.#begin = resolve);
  }

  start(): void {
    this.connection.add(this);
  }

  open(): void {
    this.#abort.abort();
    this.#abort = new AbortController();
    void this.#read(this.#abort.signal);
  }

  dispose(): void {
    this.#begin();
    this.#abort.abort();
    this.connection.remove(this);
  }

  async #read(signal: AbortSignal): Promise<void> {
    try {
      this.screen.reset();
      const times = new LineTimes(new Date());
      this.connection.opened(this);
      for await (const bytes of this.client.timed(this.job, this.from, true, signal)) {
        if (signal.aborted) return;
        this.state.value = { phase: "streaming" };
        // The next piece is only asked for when this one is drawn, so a slow page slows nothing but itself.
        await new Promise<void>((resolve) => this.screen.write(times.write(bytes), resolve));
        if (!this.hasEnded) this.#begin();
      }
      if (signal.aborted) return;
      this.state.value = { phase: "ended" };
      this.#begin();
      this.connection.remove(this);
    } catch {
      // Lines have no offsets, so after a break they are read again from the same place.
      if (!signal.aborted) this.connection.lost(this);
    }
  }
}
