import type { ApiClient } from "../api/client.ts";
import { ApiError, messageOf } from "../api/http.ts";
import type { Job } from "../api/messages.ts";
import { didNotWork } from "../texts/common.ts";
import type { Events } from "./events.ts";
import { newer } from "./jobs.ts";
import { Observable } from "./observable.ts";

export type JobState =
  | { kind: "loading" }
  | { kind: "ready"; job: Job }
  /** There is no such job, or it was removed while it was shown. */
  | { kind: "missing"; wasShown: boolean }
  | { kind: "failed"; message: string };

export type JobAction = "stop" | "restart" | "remove" | "signal" | "pause" | "resume";

/** The job whose page is open: what is known of it, and what can be done to it. */
export class OpenJob {
  readonly state: Observable<JobState>;
  /** The action whose answer is awaited. */
  readonly pending = new Observable<JobAction | null>(null);
  /** Why the last action was refused. */
  readonly refusal = new Observable<string | null>(null);
  readonly #unlisten: () => void;
  #disposed = false;

  constructor(readonly id: string, known: Job | null, private readonly client: ApiClient, events: Events) {
    this.state = new Observable<JobState>(known === null ? { kind: "loading" } : { kind: "ready", job: known });
    // Without a live subscription there is no hello to fetch after, and the page should show what it can.
    if (!events.isSubscribed) void this.fetch();
    this.#unlisten = events.listen({
      hello: () => void this.fetch(),
      job: (job) => this.#learn(job),
      removed: (removed) => {
        if (removed === id) this.state.value = { kind: "missing", wasShown: true };
      },
    });
  }

  get job(): Job | null {
    return this.state.value.kind === "ready" ? this.state.value.job : null;
  }

  async fetch(): Promise<void> {
    try {
      this.#learn(await this.client.job(this.id));
    } catch (error) {
      if (this.#disposed || !(error instanceof ApiError)) return;
      if (error.status === 404) this.state.value = { kind: "missing", wasShown: this.job !== null };
      // What is shown stays; the banner of the lost connection says that it may be out of date.
      else if (this.job === null) this.state.value = { kind: "failed", message: error.message };
    }
  }

  stop(): Promise<boolean> {
    return this.#act("stop", () => this.client.stop(this.id));
  }

  /** Returns the new job, or null when it was refused. */
  async restart(): Promise<Job | null> {
    let restarted: Job | null = null;
    await this.#act("restart", async () => {
      restarted = await this.client.restart(this.id);
    });
    return restarted;
  }

  /** A running job is stopped first. Returns whether it is gone. */
  remove(force: boolean): Promise<boolean> {
    return this.#act("remove", () => this.client.remove(this.id, { force }));
  }

  /** While the job is told to end the answer to that is still awaited, so a signal does not wait for its turn. */
  signal(name: string): Promise<boolean> {
    return this.#try(() => this.client.signal(this.id, name));
  }

  pause(): Promise<boolean> {
    return this.#act("pause", () => this.client.pause(this.id));
  }

  resume(): Promise<boolean> {
    return this.#act("resume", () => this.client.resume(this.id));
  }

  dispose(): void {
    this.#disposed = true;
    this.#unlisten();
  }

  #learn(job: Job): void {
    if (this.#disposed || job.id !== this.id) return;
    // A report from before the removal may come after it; no identifier is used twice.
    if (this.state.value.kind === "missing" && this.state.value.wasShown) return;
    this.state.value = { kind: "ready", job: newer(this.job ?? undefined, job) };
  }

  async #act(action: JobAction, request: () => Promise<void>): Promise<boolean> {
    if (this.pending.value !== null) return false;
    this.pending.value = action;
    const isDone = await this.#try(request);
    this.pending.value = null;
    return isDone;
  }

  async #try(request: () => Promise<void>): Promise<boolean> {
    this.refusal.value = null;
    try {
      await request();
      return true;
    } catch (error) {
      this.refusal.value = messageOf(error, didNotWork);
      return false;
    }
  }
}
