import type { LineHit, OutputClient } from "../api/outputClient.ts";
import { messageOf } from "../api/http.ts";
import { searchBroke } from "../texts/output.ts";
import { Observable } from "./observable.ts";
import type { Timing } from "./timing.ts";

export interface FindQuery {
  text: string;
  isRegex: boolean;
  isCaseSensitive: boolean;
}

/** The screen as far as it can be searched; `M` is what it calls a match. */
export interface FindScreen<M> {
  find(query: FindQuery): M[] | null;
  show(match: M): void;
  clear(): void;
  nearest(matches: readonly M[]): number;
}

export interface FindState extends FindQuery {
  /** Of what is loaded; null when the pattern is wrong, or nothing is looked for. */
  count: number | null;
  /** From 0. */
  current: number;
  isWrong: boolean;
  /** What the server found in all of the output, once it was asked. */
  whole: { hits: readonly LineHit[]; isDone: boolean; isTruncated: boolean; error: string | null } | null;
}

const PAUSE = 120;
const MOST_HITS = 500;
const NOTHING: FindState = {
  text: "",
  isRegex: false,
  isCaseSensitive: false,
  count: null,
  current: 0,
  isWrong: false,
  whole: null,
};

/** Finding in one job's output: at once in what is loaded, and in the rest by asking the server. */
export class Find<M> {
  readonly state = new Observable<FindState>(NOTHING);
  #matches: M[] = [];
  #cancel: (() => void) | null = null;
  #abort = new AbortController();

  constructor(
    private readonly job: string,
    private readonly screen: FindScreen<M>,
    private readonly client: OutputClient,
    private readonly timing: Timing,
  ) {}

  look(change: Partial<FindQuery>): void {
    this.#abort.abort();
    this.#set({ ...change, whole: null });
    this.#cancel?.();
    this.#cancel = this.timing.after(PAUSE, () => this.#look());
  }

  /** What is looked for, or null. */
  get query(): FindQuery | null {
    const { text, isRegex, isCaseSensitive } = this.state.value;
    return text === "" ? null : { text, isRegex, isCaseSensitive };
  }

  /** Takes up what was looked for before; `refresh` then counts, once there is something to be searched. */
  restore(query: FindQuery): void {
    this.#set(query);
  }

  /** The output may have grown since the last look. */
  step(by: 1 | -1): void {
    const before = this.state.value;
    this.#cancel?.();
    const isNew = before.count === null;
    this.#matches = this.screen.find(before) ?? [];
    const count = this.#matches.length;
    if (before.text === "" || count === 0) return this.#look();
    const current = isNew ? this.screen.nearest(this.#matches) : (before.current + by + count) % count;
    this.#set({ count, current });
    this.#show();
  }

  async lookEverywhere(): Promise<void> {
    const { text, isRegex, isCaseSensitive } = this.state.value;
    if (text === "") return;
    this.#abort.abort();
    const { signal } = this.#abort = new AbortController();
    const hits: LineHit[] = [];
    const tell = (isDone: boolean, isTruncated = false, error: string | null = null) =>
      this.#set({ whole: { hits: [...hits], isDone, isTruncated, error } });
    tell(false);
    try {
      const request = { text, isRegex, isCaseSensitive };
      for await (const line of this.client.search(this.job, request, MOST_HITS, signal)) {
        if (signal.aborted) return;
        if ("done" in line) return tell(true, line.truncated);
        hits.push(line);
        if (hits.length % 50 === 1) tell(false);
      }
      tell(true, true);
    } catch (error) {
      if (!signal.aborted) tell(true, false, messageOf(error, searchBroke));
    }
  }

  /** Counts again, after something else is shown, and leaves the view where it is. */
  refresh(): void {
    if (this.state.value.text === "") return;
    const found = this.screen.find(this.state.value) ?? [];
    this.#matches = found;
    this.#set({ count: found.length, current: found.length === 0 ? 0 : this.screen.nearest(found) });
  }

  dispose(): void {
    this.#cancel?.();
    this.#abort.abort();
    this.screen.clear();
  }

  #look(): void {
    this.#cancel = null;
    const { text } = this.state.value;
    const found = text === "" ? [] : this.screen.find(this.state.value);
    this.#matches = found ?? [];
    const current = this.#matches.length === 0 ? 0 : this.screen.nearest(this.#matches);
    this.#set({ count: text === "" || found === null ? null : found.length, current, isWrong: found === null });
    this.#show();
  }

  #show(): void {
    const match = this.#matches[this.state.value.current];
    if (match === undefined) this.screen.clear();
    else this.screen.show(match);
  }

  #set(change: Partial<FindState>): void {
    this.state.value = { ...this.state.value, ...change };
  }
}
