import type { ApiClient } from "../api/client.ts";
import type { Version } from "../api/messages.ts";
import type { Events } from "./events.ts";
import { Observable } from "./observable.ts";

/** Notices that the server is another version than the one this page came from, which is only possible after a reconnection. */
export class Upgrade {
  readonly isDue = new Observable(false);
  #first: string | null = null;
  readonly #unlisten: () => void;

  constructor(private readonly client: ApiClient, events: Events) {
    this.#unlisten = events.listen({ hello: () => void this.#check(), job() {}, removed() {} });
  }

  dispose(): void {
    this.#unlisten();
  }

  async #check(): Promise<void> {
    let version: Version;
    try {
      version = await this.client.version();
    } catch {
      // Whatever is wrong, somebody else says it; the next reconnection asks again.
      return;
    }
    const now = [version.version, version.commit, version.date].join(" ");
    this.#first ??= now;
    if (now !== this.#first) this.isDue.value = true;
  }
}
