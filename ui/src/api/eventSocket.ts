import { type Job, parseEvent } from "./messages.ts";
import type { Connect, Socket } from "./socket.ts";

export interface EventHandlers {
  /** The subscription is in place: a list fetched from now on misses nothing. */
  hello(): void;
  job(job: Job): void;
  removed(id: string): void;
  closed(code: number): void;
}

/** One connection to `/api/events`; making a new one when it is lost is the caller's part. */
export function openEventSocket(connect: Connect, handlers: EventHandlers): Socket {
  return connect("/api/events", null, {
    text(data) {
      const message = parseEvent(data);
      if (message?.type === "hello") handlers.hello();
      else if (message?.type === "job") handlers.job(message.job);
      else if (message?.type === "removed") handlers.removed(message.id);
    },
    bytes() {},
    closed: handlers.closed,
  });
}
