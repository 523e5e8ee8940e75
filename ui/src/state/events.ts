import { openEventSocket } from "../api/eventSocket.ts";
import type { Job } from "../api/messages.ts";
import type { Connect, Socket } from "../api/socket.ts";
import type { Connection, Link } from "./connection.ts";

export interface EventListener {
  /** Called for each new subscription: what was missed before it must be fetched now. */
  hello(): void;
  job(job: Job): void;
  removed(id: string): void;
}

/** The one subscription to changes of jobs, shared by the models. */
export class Events implements Link {
  #socket: Socket | null = null;
  #subscribed = false;
  readonly #listeners = new Set<EventListener>();

  constructor(private readonly connection: Connection, private readonly connect: Connect) {}

  get isSubscribed(): boolean {
    return this.#subscribed;
  }

  /** The listener gets a `hello` at once when the subscription is in place already. Returns what ends this. */
  listen(listener: EventListener): () => void {
    this.#listeners.add(listener);
    if (this.#subscribed) listener.hello();
    return () => this.#listeners.delete(listener);
  }

  start(): void {
    this.connection.add(this);
  }

  open(): void {
    this.#socket = openEventSocket(this.connect, {
      hello: () => {
        this.#subscribed = true;
        this.connection.opened(this);
        this.#tell((listener) => listener.hello());
      },
      job: (job) => this.#tell((listener) => listener.job(job)),
      removed: (id) => this.#tell((listener) => listener.removed(id)),
      closed: () => {
        this.#socket = null;
        this.#subscribed = false;
        this.connection.lost(this);
      },
    });
  }

  dispose(): void {
    this.#socket?.close();
    this.#socket = null;
    this.#listeners.clear();
    this.connection.remove(this);
  }

  #tell(what: (listener: EventListener) => void): void {
    for (const listener of [...this.#listeners]) what(listener);
  }
}
