import { messageOf } from "../api/http.ts";
import { didNotWork } from "../texts/common.ts";
import { Observable } from "./observable.ts";

export interface ResourceState<T> {
  value: T | null;
  error: string | null;
  /** What was asked for last is not answered yet. */
  isBusy: boolean;
}

/** Something the server keeps: read at first, and again after each change. */
export class Resource<T> {
  readonly state = new Observable<ResourceState<T>>({ value: null, error: null, isBusy: false });
  #isDisposed = false;

  constructor(private readonly read: () => Promise<T>) {
    void this.fetch();
  }

  fetch(): Promise<boolean> {
    return this.change(async () => {});
  }

  /** Does something and reads again; returns whether it was done. */
  async change(action: () => Promise<unknown>): Promise<boolean> {
    this.#set({ isBusy: true, error: null });
    try {
      await action();
      this.#set({ value: await this.read(), isBusy: false });
      return true;
    } catch (error) {
      this.#set({ error: messageOf(error, didNotWork), isBusy: false });
      return false;
    }
  }

  dispose(): void {
    this.#isDisposed = true;
  }

  #set(change: Partial<ResourceState<T>>): void {
    if (!this.#isDisposed) this.state.value = { ...this.state.value, ...change };
  }
}
