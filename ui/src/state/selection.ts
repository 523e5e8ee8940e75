import type { ApiClient } from "../api/client.ts";
import { ApiError } from "../api/http.ts";
import { isFinal, type Job } from "../api/messages.ts";
import { didNotWork } from "../texts/common.ts";
import * as texts from "../texts/list.ts";
import { Observable } from "./observable.ts";

export type BulkAction = "stop" | "remove";

export interface SelectionState {
  isOn: boolean;
  ids: ReadonlySet<string>;
  /** While a bulk action runs: how many are done. */
  progress: { action: BulkAction; done: number; total: number } | null;
  /** How the last one went, where there is something to say. */
  report: string | null;
}

/** Stops wait for the jobs to end, so a few at a time; more would take the connections of everything else. */
const AT_ONCE = 4;

/** Jobs chosen to do something to all of them. */
export class Selection {
  readonly state = new Observable<SelectionState>({ isOn: false, ids: new Set(), progress: null, report: null });
  #last: string | null = null;

  constructor(private readonly client: ApiClient) {}

  begin(): void {
    this.#set({ isOn: true, report: null });
  }

  end(): void {
    this.#last = null;
    this.#set({ isOn: false, ids: new Set(), report: null });
  }

  toggle(id: string): void {
    const ids = new Set(this.state.value.ids);
    if (!ids.delete(id)) ids.add(id);
    this.#last = id;
    this.#set({ isOn: true, ids, report: null });
  }

  /** From the last one chosen to this one, in the order of the list. */
  extend(id: string, jobs: readonly Job[]): void {
    const order = jobs.map((job) => job.id);
    const [from, to] = [order.indexOf(this.#last ?? id), order.indexOf(id)].sort((left, right) => left - right);
    this.#last = id;
    this.#set({ ids: new Set([...this.state.value.ids, ...order.slice(Math.max(0, from ?? 0), (to ?? 0) + 1)]) });
  }

  all(jobs: readonly Job[]): void {
    this.#set({ ids: new Set(jobs.map(({ id }) => id)), report: null });
  }

  /** Of what is chosen, those the action means: only what runs can be stopped. */
  targets(action: BulkAction, jobs: readonly Job[]): Job[] {
    const { ids } = this.state.value;
    return jobs.filter((job) => ids.has(job.id) && (action === "remove" || !isFinal(job.status)));
  }

  async run(action: BulkAction, jobs: readonly Job[]): Promise<void> {
    if (this.state.value.progress !== null) return;
    const waiting = [...jobs];
    const failures: string[] = [];
    let done = 0;
    this.#set({ progress: { action, done, total: jobs.length }, report: null });
    const work = async () => {
      for (let job = waiting.shift(); job !== undefined; job = waiting.shift()) {
        try {
          await this.#act(action, job);
        } catch (error) {
          failures.push(error instanceof ApiError ? error.message : didNotWork);
        }
        done += 1;
        this.#set({ progress: { action, done, total: jobs.length } });
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    const report = failures.length === 0
      ? null
      : texts.failures(action, failures.length, jobs.length, failures[0] ?? "");
    this.#set({ progress: null, report, ids: failures.length === 0 ? new Set() : this.state.value.ids });
  }

  async #act(action: BulkAction, job: Job): Promise<void> {
    try {
      if (action === "stop") await this.client.stop(job.id);
      else await this.client.remove(job.id, { force: !isFinal(job.status) });
    } catch (error) {
      // Somebody was quicker, which is what was wanted.
      if (!(error instanceof ApiError) || (error.status !== 404 && error.code !== "not_running")) throw error;
    }
  }

  #set(change: Partial<SelectionState>): void {
    this.state.value = { ...this.state.value, ...change };
  }
}
