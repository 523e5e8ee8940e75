import { type ApiClient, ApiError } from "../api/client.ts";
import { isFinal, type Job } from "../api/messages.ts";
import { couldNotRead } from "../texts/list.ts";
import type { EventListener, Events } from "./events.ts";
import { EVERYTHING, filterQuery, type JobFilter, matches } from "./jobFilter.ts";
import { Observable } from "./observable.ts";
import { FrameGate, type Timing } from "./timing.ts";

export interface JobList {
  /** `failed`: there is no list to show. A list that could not be brought up to date stays `ready`. */
  phase: "loading" | "ready" | "failed";
  /** Newest first. */
  jobs: readonly Job[];
  filter: JobFilter;
  hasMore: boolean;
  /** There are more jobs than this page keeps. */
  isCut: boolean;
  loadingMore: boolean;
  error: string | null;
}

const PAGE = 100;
const LARGEST_PAGE = 500;
/** More rows than anybody scrolls through; beyond it the oldest leave the page, and the filter is the way to find them. */
export const MOST_JOBS = 20_000;

/**
 * The list of jobs, live: a page fetched after each `hello` of the events, then kept up to date by them.
 *
 * Events that arrive while a page is on its way are kept and applied after it.
 */
export class Jobs implements EventListener {
  readonly list = new Observable<JobList>({
    phase: "loading",
    jobs: [],
    filter: EVERYTHING,
    hasMore: false,
    isCut: false,
    loadingMore: false,
    error: null,
  });

  #jobs = new Map<string, Job>();
  #cursor: string | null = null;
  #isCut = false;
  #fetch: { abort: AbortController; changes: Map<string, Job | null> } | null = null;
  #cancelFilter: (() => void) | null = null;
  readonly #unlisten: () => void;
  readonly #publish: FrameGate;

  constructor(
    private readonly client: ApiClient,
    events: Events,
    private readonly timing: Timing,
    filter: JobFilter = EVERYTHING,
    /** How many there were on the page before this one. */
    private readonly atFirst = 0,
  ) {
    this.#set({ filter });
    // With events pouring in, one new list per frame is enough.
    this.#publish = new FrameGate(timing, () => this.#set({ jobs: this.#sorted() }));
    this.#unlisten = events.listen(this);
  }

  find(id: string): Job | null {
    return this.#jobs.get(id) ?? null;
  }

  /** Shows the jobs the filter finds; while text is typed, after a pause. */
  filter(change: Partial<JobFilter>): void {
    const filter = { ...this.list.value.filter, ...change };
    if (filterQuery(filter) === filterQuery(this.list.value.filter) && filter.text === this.list.value.filter.text) {
      return;
    }
    this.#set({ filter });
    this.#cancelFilter?.();
    this.#cancelFilter = this.timing.after(change.text === undefined ? 0 : 200, () => this.#reload(PAGE, true));
  }

  retry(): void {
    this.#set({ phase: "loading", error: null });
    void this.#reload(PAGE, true);
  }

  async loadMore(): Promise<void> {
    if (this.#cursor === null || this.list.value.loadingMore || this.#fetch !== null) return;
    this.#set({ loadingMore: true });
    // Whoever scrolls on wants many: fewer, larger pages.
    await this.#load(this.#jobs.size > PAGE ? LARGEST_PAGE : PAGE, this.#cursor, false);
  }

  hello(): void {
    // As many as are shown: somebody who had loaded more pages must not lose their place to a broken connection.
    void this.#reload(Math.min(LARGEST_PAGE, Math.max(PAGE, this.#jobs.size || this.atFirst)), false);
  }

  job(job: Job): void {
    this.#fetch?.changes.set(job.id, job);
    this.#apply(job.id, job);
    this.#publish.request();
  }

  removed(id: string): void {
    this.#fetch?.changes.set(id, null);
    this.#apply(id, null);
    this.#publish.request();
  }

  dispose(): void {
    this.#unlisten();
    this.#cancelFilter?.();
    this.#fetch?.abort.abort();
    this.#fetch = null;
    this.#publish.dispose();
  }

  #reload(limit: number, fresh: boolean): Promise<void> {
    return this.#load(limit, null, fresh);
  }

  /** `fresh`: a failure leaves nothing to show, because what is shown answers another question. */
  async #load(limit: number, cursor: string | null, fresh: boolean): Promise<void> {
    this.#fetch?.abort.abort();
    const fetch = { abort: new AbortController(), changes: new Map<string, Job | null>() };
    this.#fetch = fetch;
    const filter = { ...this.list.value.filter, text: this.list.value.filter.text.trim() };
    try {
      const page = await this.client.jobs({ ...filter, limit, cursor }, fetch.abort.signal);
      if (this.#fetch !== fetch) return;
      this.#fetch = null;
      if (cursor === null) {
        this.#jobs = new Map();
        this.#isCut = false;
      }
      this.#cursor = page.cursor;
      for (const job of page.jobs) {
        // An older server does not know every filter and lists what it does not filter by.
        if (matches(job, filter)) this.#jobs.set(job.id, newer(this.#jobs.get(job.id), job));
      }
      for (const [id, job] of fetch.changes) this.#apply(id, job);
      this.#publish.dispose();
      this.#set({ phase: "ready", jobs: this.#sorted(), loadingMore: false, error: null });
    } catch (error) {
      if (this.#fetch !== fetch) return;
      this.#fetch = null;
      const message = error instanceof ApiError ? error.message : couldNotRead;
      const nothing = fresh || this.list.value.phase !== "ready";
      this.#set({ phase: nothing ? "failed" : "ready", loadingMore: false, error: message });
    }
  }

  #apply(id: string, job: Job | null): void {
    const filter = this.list.value.filter;
    if (job === null || !matches(job, { ...filter, text: filter.text.trim() })) {
      this.#jobs.delete(id);
      return;
    }
    const known = this.#jobs.get(id);
    // A job older than the last page shown belongs to a page not loaded yet.
    if (known === undefined && this.#cursor !== null && this.#isOlderThanShown(job)) return;
    this.#jobs.set(id, newer(known, job));
  }

  #isOlderThanShown(job: Job): boolean {
    const shown = this.list.value.jobs;
    const last = shown[shown.length - 1];
    return last !== undefined && newestFirst(last, job) < 0;
  }

  #sorted(): Job[] {
    const jobs = [...this.#jobs.values()].sort(newestFirst);
    for (const job of jobs.splice(MOST_JOBS)) {
      this.#jobs.delete(job.id);
      this.#cursor = null;
      this.#isCut = true;
    }
    return jobs;
  }

  #set(change: Partial<JobList>): void {
    this.list.value = { ...this.list.value, ...change, hasMore: this.#cursor !== null, isCut: this.#isCut };
  }
}

/** Of two reports about one job, the later one. Reports carry no number, but a final status never changes. */
export function newer(known: Job | undefined, report: Job): Job {
  if (known === undefined || !isFinal(known.status) || isFinal(report.status)) return report;
  return known;
}

function newestFirst(left: Job, right: Job): number {
  if (left.createdAt !== right.createdAt) return left.createdAt < right.createdAt ? 1 : -1;
  return left.id < right.id ? 1 : left.id > right.id ? -1 : 0;
}
