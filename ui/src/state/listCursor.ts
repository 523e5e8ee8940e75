import type { Job } from "../api/messages.ts";
import { Observable } from "./observable.ts";

/** The row of the list that has, or last had, the keyboard. It is told by its job, because rows move as jobs come. */
export class ListCursor {
  readonly id = new Observable<string | null>(null);
  /** Grows whenever the row is to be scrolled to and focused. */
  readonly moves = new Observable(0);

  move(jobs: readonly Job[], step: number, openID: string | null): void {
    if (jobs.length === 0) return;
    const at = jobs.findIndex(({ id }) => id === (this.id.value ?? openID));
    this.#set(jobs, at < 0 ? 0 : Math.max(0, Math.min(jobs.length - 1, at + step)));
  }

  toEnd(jobs: readonly Job[], isLast: boolean): void {
    if (jobs.length > 0) this.#set(jobs, isLast ? jobs.length - 1 : 0);
  }

  #set(jobs: readonly Job[], index: number): void {
    this.id.value = jobs[index]?.id ?? null;
    this.moves.value += 1;
  }
}
