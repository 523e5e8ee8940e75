import type { ApiClient } from "../api/client.ts";
import { ApiError, messageOf } from "../api/http.ts";
import type { Job } from "../api/messages.ts";
import { type OutputHit, SearchClient } from "../api/searchClient.ts";
import { brokeOff, jobsUnread } from "../texts/search.ts";
import { EVERYTHING } from "./jobFilter.ts";
import { Observable } from "./observable.ts";
import type { Timing } from "./timing.ts";

export interface SearchState {
  text: string;
  /** Jobs whose command, name, id or tag holds the text; null until they are known. */
  jobs: readonly Job[] | null;
  hasMoreJobs: boolean;
  hits: readonly OutputHit[];
  /** `absent`: this server does not look through output. */
  output: "idle" | "searching" | "done" | "absent" | "failed";
  isTruncated: boolean;
  error: string | null;
}

const NOTHING: SearchState = {
  text: "",
  jobs: null,
  hasMoreJobs: false,
  hits: [],
  output: "idle",
  isTruncated: false,
  error: null,
};
const PAUSE = 250;
const MOST_JOBS = 20;
const PAGE = 200;

/** One text, looked for in what jobs are called and in everything they printed. */
export class SearchEverywhere {
  readonly state = new Observable<SearchState>(NOTHING);
  readonly #output: SearchClient;
  #abort = new AbortController();
  #cancel: (() => void) | null = null;
  #cursor: string | null = null;

  constructor(private readonly client: ApiClient, private readonly timing: Timing) {
    this.#output = new SearchClient(client.http);
  }

  look(text: string, isNow = false): void {
    this.#abort.abort();
    this.#cancel?.();
    const wanted = text.trim();
    this.state.value = { ...NOTHING, text };
    if (wanted !== "") this.#cancel = this.timing.after(isNow ? 0 : PAUSE, () => this.#look(wanted));
  }

  more(): void {
    if (this.#cursor !== null) void this.#search(this.state.value.text.trim(), this.#abort.signal);
  }

  dispose(): void {
    this.#abort.abort();
    this.#cancel?.();
  }

  #look(text: string): void {
    this.#abort = new AbortController();
    this.#cursor = null;
    void this.#list(text, this.#abort.signal);
    void this.#search(text, this.#abort.signal);
  }

  async #list(text: string, signal: AbortSignal): Promise<void> {
    try {
      const { jobs, cursor } = await this.client.jobs({ ...EVERYTHING, text, limit: MOST_JOBS, cursor: null }, signal);
      if (!signal.aborted) this.#set({ jobs, hasMoreJobs: cursor !== null });
    } catch (error) {
      if (!signal.aborted) this.#set({ error: messageOf(error, jobsUnread) });
    }
  }

  async #search(text: string, signal: AbortSignal): Promise<void> {
    const hits = [...this.state.value.hits];
    this.#set({ output: "searching" });
    try {
      for await (const line of this.#output.output(text, PAGE, this.#cursor, signal)) {
        if (signal.aborted) return;
        if ("done" in line) {
          this.#cursor = line.cursor ?? null;
          return this.#set({ hits, output: "done", isTruncated: line.truncated === true || this.#cursor !== null });
        }
        if (line.field !== undefined && line.field !== "output") continue;
        hits.push(line);
        if (hits.length % 20 === 1) this.#set({ hits: [...hits] });
      }
      this.#set({ hits, output: "done", isTruncated: true });
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof ApiError && error.status === 404) this.#set({ output: "absent" });
      else this.#set({ hits, output: "failed", error: messageOf(error, brokeOff) });
    }
  }

  get canGoOn(): boolean {
    return this.#cursor !== null;
  }

  #set(change: Partial<SearchState>): void {
    this.state.value = { ...this.state.value, ...change };
  }
}
