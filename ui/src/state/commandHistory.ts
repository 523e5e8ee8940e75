import type { ApiClient } from "../api/client.ts";
import type { Job } from "../api/messages.ts";
import { messageOf } from "../api/http.ts";
import { historyUnread } from "../texts/run.ts";
import { EVERYTHING } from "./jobFilter.ts";
import { Observable } from "./observable.ts";
import type { Timing } from "./timing.ts";

export interface HistoryState {
  text: string;
  /** The last job of each command, newest first; null until they are known. */
  jobs: readonly Job[] | null;
  error: string | null;
}

/** Commands that were run before, by anybody, on any device: the jobs are the history. */
export class CommandHistory {
  readonly state = new Observable<HistoryState>({ text: "", jobs: null, error: null });
  #abort = new AbortController();
  #cancel: (() => void) | null = null;

  constructor(private readonly client: ApiClient, private readonly timing: Timing) {
    void this.#fetch("");
  }

  search(text: string): void {
    this.state.value = { ...this.state.value, text };
    this.#cancel?.();
    this.#cancel = this.timing.after(150, () => void this.#fetch(text.trim()));
  }

  dispose(): void {
    this.#cancel?.();
    this.#abort.abort();
  }

  async #fetch(text: string): Promise<void> {
    this.#abort.abort();
    const abort = this.#abort = new AbortController();
    try {
      const page = await this.client.jobs({ ...EVERYTHING, text, limit: 200, cursor: null }, abort.signal);
      if (abort.signal.aborted) return;
      const seen = new Map(page.jobs.map((job) => [job.command, job]).reverse() as [string, Job][]);
      const jobs = [...seen.values()].sort((left, right) => left.createdAt < right.createdAt ? 1 : -1);
      this.state.value = { ...this.state.value, jobs, error: null };
    } catch (error) {
      if (!abort.signal.aborted) {
        this.state.value = { ...this.state.value, error: messageOf(error, historyUnread) };
      }
    }
  }
}
